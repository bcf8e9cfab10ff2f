"""The evaluation of reasons: whether what they claim is true, whether it moves the score, how varied they are."""
