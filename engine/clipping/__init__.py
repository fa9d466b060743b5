"""Planning clips: which windows of a video become clips, before anything is stored. Pure arithmetic.

settings  ClippingSettings: lengths, strides, and what to do with windows that are too short or too long
types     PlannedClip, LeftOut, ClipPlan
windows   plan_stride, plan_whole, plan_shots, plan_activity
segments  plan_annotations, plan_windows
summary   summarise: counts and lengths of some plans, in a sentence; clip_shortfall: why a video gives no clip
"""

from engine.clipping.segments import plan_annotations, plan_windows
from engine.clipping.settings import ClippingSettings
from engine.clipping.summary import PlanSummary, clip_shortfall, summarise
from engine.clipping.types import ClipPlan, LeftOut, Method, Origin, PlannedClip
from engine.clipping.windows import plan_activity, plan_shots, plan_stride, plan_whole

__all__ = [
    "ClipPlan",
    "ClippingSettings",
    "LeftOut",
    "Method",
    "Origin",
    "PlanSummary",
    "PlannedClip",
    "clip_shortfall",
    "plan_activity",
    "plan_annotations",
    "plan_shots",
    "plan_stride",
    "plan_whole",
    "plan_windows",
    "summarise",
]
