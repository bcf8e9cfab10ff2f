"""Emoji and emoticons in words: the tokenizer of BERT has one unknown token for all of them."""

import re

EMOJI = {  # the commonest that tell an opinion; the others say nothing of it and are taken out
    "love it": "😍🥰😘❤♥💕💖💗💓💞💘💝🧡💛💚💙💜🤎🖤🤍😻💯",
    "great": "👍👏🙌🤩⭐🌟✨🏆🥇👌🎉🥳🔥🤗",
    "happy": "😀😃😄😁😆😊☺🙂😋😎😌😇🤣😂😹😺😸🤠",
    "good": "✅✔😉👊🤝🙏💪",
    "bad": "👎💩🤮🤢❌✖🚫⛔🗑",
    "angry": "😡😠🤬👿😤🖕💢",
    "sad": "😢😭😞😔😟😕🙁☹😣😖😫😩🥺😿💔😥😓",
    "disappointing": "😒🙄😑😬🤦😐",
    "awful": "😱😨😰🤯☠💀",
}
WORDS = {sign: f" {words} " for words, signs in EMOJI.items() for sign in signs}
EMOTICONS = (  # not inside a word or a number, so that "8)" and "http://" stay what they are
    (re.compile(r"(?<![\w:;=])[:;=][-o']?[)D\]](?!\w)|(?<!\w)\(-?[:;=](?!\w)|(?<!\w)<3(?!\w)"), " happy "),
    (re.compile(r"(?<![\w:;=])[:=][-o']?[(\[](?!\w)|(?<!\w)\)-?[:=](?!\w)|(?<!\w)[:=]'\((?!\w)"), " sad "),
)
OTHERS = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d\U000e0020-\U000e007f]")
SIGNS = re.compile(f"[{''.join(WORDS)}]")


def put_emoji_into_words(text: str) -> str:
    """A text with words in the place of emoji and emoticons; emoji without an opinion become a blank."""
    if not text.isascii():
        text = OTHERS.sub(" ", SIGNS.sub(lambda found: WORDS[found[0]], text))
    for pattern, words in EMOTICONS:
        text = pattern.sub(words, text)
    return text
