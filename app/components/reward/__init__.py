"""Parts of the Train, Scores and Validate pages.

first_step    the way to what a validation or an ablation lacks
training_box  starting a training, and its progress
model_choice  choosing a trained reward; rename, export, delete
model_import  importing a model that somebody exported
report        the report of a training: its figures, tables and mistakes
charts        its charts: loss while it runs, reliability, learning curve, importance
score_views   scores: distribution, uncertainty, walls, feature importance, drift between models
score_charts  their charts; a selection in one opens these clips in the Library
gain_clips    clips with their reward and gain, and walls of those where the two disagree
"""
