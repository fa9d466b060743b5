"""Makes networks for pictures faster on the CPU without changing what they compute, but for rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["computes_bfloat16", "with_folded_norms"]

_CONVOLUTION_AND_NORM = (
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
    ("_conv_head", "_bn1"),
)
"""Names in efficientnet_lite_pytorch of each convolution and of the batch normalisation that follows it."""


def computes_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself: others convert it first, and take longer than in float32."""
    import torch

    can = torch.cpu.get_capabilities()
    return bool(can.get("avx512_bf16") or can.get("amx_bf16"))


def with_folded_norms(network: Any) -> Any:
    """EfficientNet-Lite for inference, changed in place: batch normalisations become part of the convolutions before
    them, and even padding the convolutions' own.

    Each of these steps would go through the whole picture once more. Of the same result to 1e-6.
    """
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for module in list(network.modules()):
        for convolution, norm in _CONVOLUTION_AND_NORM:
            if hasattr(module, convolution) and hasattr(module, norm):
                setattr(module, convolution, fuse_conv_bn_eval(getattr(module, convolution), getattr(module, norm)))
                setattr(module, norm, torch.nn.Identity())
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            _pad_itself(module)
    return network


def _pad_itself(convolution: torch.nn.Conv2d) -> None:
    import torch

    padding = getattr(convolution, "static_padding", None)
    if not isinstance(padding, torch.nn.ZeroPad2d):
        return
    left, right, top, bottom = padding.padding
    if left == right and top == bottom:
        convolution.padding = (top, left)
        convolution.static_padding = torch.nn.Identity()
