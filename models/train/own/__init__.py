"""A network fine-tuned on pictures of one's own: the rooms of `finetune.py`, each a step from folders of pictures to a model file and its card."""
