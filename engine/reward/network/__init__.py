"""The reward network and how it is trained. Loads torch.

network  the trunk, the heads, and all members of the ensemble as one module
loss     what a training makes small: the Bradley–Terry loss of answers, and the loss of gains
adamw    the optimiser, stepping all members at once
train    the training loop, with early stopping for each member
"""
