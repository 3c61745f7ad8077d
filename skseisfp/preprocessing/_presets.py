"""Settings of `FingerprintTransformer` that follow published systems."""

PRESETS = {
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
