"""Settings of `FingerprintTransformer` that have a name."""

PRESETS = {
    "two_plane_linear": {"scale": "log", "encoding": "two_channel", "flatten": True},
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
