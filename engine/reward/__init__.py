"""The reward: what people would choose, learned from their labels.

types     what goes in: clips with their features, pairs with their answers
"""
