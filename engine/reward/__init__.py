"""The reward: what people would choose, learned from their labels.

types       what goes in: clips with their features, pairs with their answers
settings    model.yaml and training.yaml
normalise   from features to what a network takes in
trunk       what every clip goes through
heads       human head and robot head
ensemble    the networks of all members at once
loss        Bradley–Terry, ties, gains
adamw       the optimiser
split       held-out sources
prepare     which clips and labels can be learned from
train       gradient descent for many networks side by side
crossval    networks held against sources that they never saw
fit         all of it: `fit_reward`, and `Reward.score`
"""
