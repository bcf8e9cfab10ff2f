"""The names of what words reasons, without anything that is needed to word them."""

TEMPLATE = "template"  # sentence templates: no language model
GPT = "gpt"  # the causal model at hand, with a LoRA that was trained to word plans
OPENAI = "openai:"  # and a server's URL, "#", the model that it serves
