"""Is the reward worth believing? Gain (ΔM) of clips by behaviour cloning, and its correlation ρ with the reward.

`actions` turns hand tracks into pseudo-actions, `pools` keeps sources apart, `frames` reads pixels once, `trunk` is
the behaviour-cloning network, `estimator` the exact add-one-in gain over it, and `gains` joins them. `unseen` scores
clips by rewards that saw nothing of their source; `resampling`, `controls`, `curves` and `ablation` ask how far the
numbers can be trusted; `report` gathers them.
"""
