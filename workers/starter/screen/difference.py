"""What ships: the trained difference to the base, and the merge of the two.

The difference holds, for each adapted matrix `NAME.weight`, two float16 factors `NAME.lora_A`
(rank, columns) and `NAME.lora_B` (rows, rank), and whole float32 tensors for the pooler and the head.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch

from adgen.errors import ModelUnavailable

State = dict[str, torch.Tensor]
_PEFT_PREFIX = "base_model.model."


def difference_of(adapter: Mapping[str, torch.Tensor]) -> State:
    """The difference in an adapter's state as PEFT gives it (alpha equal to rank, so no scale)."""
    result: State = {}
    for key, tensor in adapter.items():
        name = key.removeprefix(_PEFT_PREFIX)
        if name.endswith((".lora_A.weight", ".lora_B.weight")):
            result[name.removesuffix(".weight")] = tensor.detach().to(torch.float16).contiguous()
        else:
            result[name] = tensor.detach().to(torch.float32).contiguous()
    return result


def merge(base: Mapping[str, torch.Tensor], difference: Mapping[str, torch.Tensor]) -> State:
    """The base with the difference applied, bit for bit the same on every machine.

    Every float16 number is a multiple of 2**-24, so a product of two is a multiple of 2**-48 and sums
    below 2**5 are exact in float64 whatever the order of addition; one rounding to float32 remains.
    """
    state = dict(base)
    for name, factor in difference.items():
        if name.endswith(".lora_B"):
            continue
        if not name.endswith(".lora_A"):
            state[name] = factor
            continue
        target = name.removesuffix(".lora_A")
        other = difference.get(f"{target}.lora_B")
        if other is None or f"{target}.weight" not in base:
            raise ModelUnavailable(f"The starter screen's difference does not match its base at {target!r}.")
        update = other.double() @ factor.double()
        state[f"{target}.weight"] = (base[f"{target}.weight"].double() + update).float()
    return dict(sorted(state.items()))


def state_sha256(state: Mapping[str, torch.Tensor]) -> str:
    """A hash of names, types, shapes and bytes, independent of the file format around them."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
