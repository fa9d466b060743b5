"""What the Train, Scores and Validate pages draw of a reward.

training_box  starting a training, and watching it
model_choice  choosing among trained rewards, and what can be done with one
model_import  taking in a model that somebody exported
report        the report of a training: its figures, tables and mistakes
charts        its charts: loss while it runs, reliability, learning curve, importance
score_views   scores: spread, uncertainty, walls, what the reward likes, drift between models
score_charts  their charts; a selection in one opens these clips in the Library
gain_clips    clips with their reward and gain, and walls of those where the two disagree
"""
