"""How good a reward is: measured on answers that it was not trained on, against simpler judges and against people.

training_report the report of a training as it is stored
report          makes its figures, diagrams and mistakes
verdict         what the report comes to, in sentences
baselines       simpler judges to compare with
ceiling         how well any judge could do, given how people agree with each other
importance      what the reward rests on, by feature group
learning_curve  what more labels would add
strengths       each clip's strength by the answers alone
"""
