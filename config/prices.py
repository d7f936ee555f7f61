"""What models cost, unless `OPENAI_PRICES` says otherwise."""

# USD per million tokens: [in, cached, out]; "*" is for models without a line, dear enough never to be too low.
OPENAI_PRICES: dict[str, list[float]] = {
    "gpt-6-luna": [0.10, 0.01, 0.50],
    "gpt-5.6-luna": [0.20, 0.02, 1.20],
    "gpt-5.4-mini": [0.75, 0.075, 4.50],
    "gpt-5.4-nano": [0.20, 0.02, 1.25],
    "gpt-4o-mini": [0.15, 0.075, 0.60],
    "gpt-4.1-mini": [0.40, 0.40, 1.60],
    "*": [5.00, 5.00, 30.00],
}
