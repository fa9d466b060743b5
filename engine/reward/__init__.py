"""The reward: what people would choose, learned from their labels.

settings    model.yaml and training.yaml
prepare     which clips and labels can be learned from
normalise   from features to what a network takes in
split       held-out sources
network/    the networks of all members, their losses, and how they are trained
crossval    networks tested on sources that they never saw
fit         all of it: `fit_reward`, and `Reward.score`
checkpoint  a reward as files
study       a training with its report
judging/    how good a reward is
"""
