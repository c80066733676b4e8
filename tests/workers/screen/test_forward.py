"""The shorter way through a network: the same logits, and the network itself left as it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers

from workers.screen.forward import Forward

SMALL = {
    **{"vocab_size": 50, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2},
    **{"num_attention_heads": 2, "num_labels": 3, "max_position_embeddings": 20, "pad_token_id": 1},
}
# Texts of four lengths, the rest of each row padded.
IDS = torch.tensor([[5, 6, 7, 8, 9, 10], [5, 9, 1, 1, 1, 1], [5, 6, 7, 9, 1, 1], [1, 1, 1, 1, 1, 1]])
INPUTS = {"input_ids": IDS, "attention_mask": (IDS != 1).long()}


@pytest.fixture(params=["Bert", "Roberta", "XLMRoberta", "DistilBert"])
def network(request: pytest.FixtureRequest) -> Any:
    """A small random classifier: three whose heads read one token, and one that is left to itself."""
    torch.manual_seed(0)
    config = getattr(transformers, f"{request.param}Config")(**SMALL)
    return getattr(transformers, f"{request.param}ForSequenceClassification")(config).eval()


@pytest.mark.parametrize(("capabilities", "apart"), [({}, 1e-5), ({"avx512_bf16": True}, 0.05)])
@torch.inference_mode()
def test_logits_are_those_of_the_network(
    network: Any, capabilities: dict[str, bool], apart: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    expected = network(**INPUTS).logits
    forward = Forward(network)
    logits = forward(INPUTS)
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, expected, atol=apart, rtol=0)
    torch.testing.assert_close(forward({"input_ids": IDS[:1]}), expected[:1], atol=apart, rtol=0)
    torch.testing.assert_close(network(**INPUTS).logits, expected, atol=0, rtol=0)


def test_weights_are_not_held_twice_in_full(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    ours = {tensor.data_ptr() for tensor in Forward(network)._network.parameters()}
    assert ours == {tensor.data_ptr() for tensor in network.parameters()}
