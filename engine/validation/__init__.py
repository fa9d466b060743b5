"""Is the reward worth believing? Gain (ΔM) of clips by behaviour cloning, and its correlation ρ with the reward.

`actions` turns hand tracks into pseudo-actions, `pools` keeps sources apart, `frames` reads pixels once, `trunk` is
the behaviour-cloning network, `encoded_pools` the clips as it sees them, `estimator` the exact add-one-in gain over
that, and `gains` joins them into `measured` gains. `unseen` scores clips by rewards that saw nothing of their source;
`controls`, `curves` and `ablation` ask how far the numbers can be trusted. `report` and `ablation` make what
`validation_report` and `ablation_report` store.
"""
