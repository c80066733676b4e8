"""The screen: a Detoxify checkpoint loaded only when proven sound, and the rules of `adgen.policy`."""
