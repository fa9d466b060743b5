"""Parts of the Audit page.

findings   what one rule found: how many, what it means, which ones, by folder; with the way to the clips
tables     what could not be checked, what is fine, and the footage in numbers
"""
