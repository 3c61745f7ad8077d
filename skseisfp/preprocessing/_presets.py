"""Settings of `FingerprintTransformer`: of published systems, and found to be best."""

PRESETS = {
    "discrimination": {"scale": "log", "encoding": "two_channel", "flatten": True},
    "trova": {"scale": "magnitude", "encoding": "presence"},
    "waveprint": {
        "shape": (32, 128),
        "scale": "power",
        "encoding": "interleaved",
    },
    "fast": {
        "shape": (32, 64),
        "scale": "power",
        "haar": "pyramid",
        "standardize": "mad",
        "n_coefficients": 400,
        "encoding": "interleaved",
    },
}
