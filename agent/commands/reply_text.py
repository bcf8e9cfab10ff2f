"""A reply as lines for a terminal."""

from agent.recommendation import Reply
from index.printable import printable


def readable(reply: Reply) -> str:
    """The reply's text, its recommendations with their reasons, and what ranked them."""
    lines = [reply.text] if reply.text else []
    lines += [f"relaxed: {each.because}" for each in reply.relaxed]
    lines += [
        f"{each.rank:3}. {each.item.name}  {each.score:.2f}\n     {each.reason.text}" for each in reply.recommendations
    ]
    if reply.writer.fallback:
        lines.append(f"reasons from templates, not {reply.writer.name}: {reply.writer.fallback}")
    lines.append(f"ranked by {reply.ranker.name} in {reply.timing_ms.get('total', 0):.0f} ms")
    return printable("\n".join(lines))
