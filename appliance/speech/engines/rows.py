"""The recognisers of the sherpa-onnx world: one row each, from its files to its constructor.

What a row demands is what sherpa-onnx 2.0.1 reads (its `csrc/*-model.cc`); what is missing there
would end the process. A new kind of model is a new row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.speech.engines import fits
from appliance.speech.engines.families import Blank, Family, Sound
from appliance.speech.engines.interface import Graph, Part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FRAME: Final = 0.01
"""Seconds from feature frame to feature frame, everywhere in this world."""


def _axis(role: str, axis: int, less: str = "") -> Callable[[Mapping[str, Graph]], int | None]:
    """Return a reader of the first input's size along `axis`, divided by metadata `less`."""

    def read(graphs: Mapping[str, Graph]) -> int | None:
        graph = graphs[role]
        size = graph.inputs[0].size(axis)
        return size // max(1, graph.whole(less)) if size and less else size

    return read


def _number(role: str, key: str, more: int = 0) -> Callable[[Mapping[str, Graph]], int | None]:
    def read(graphs: Mapping[str, Graph]) -> int | None:
        value = graphs[role].whole(key)
        return value + more if value else None

    return read


def _last(role: str) -> Callable[[Mapping[str, Graph]], int | None]:
    """Return a reader of the width of the first output."""

    def read(graphs: Mapping[str, Graph]) -> int | None:
        return graphs[role].outputs[0].size(-1)

    return read


def _frames(role: str, key: str) -> Callable[[Mapping[str, Graph]], float]:
    """Return a reader of a chunk's length in seconds; one frame more must have been heard."""

    def read(graphs: Mapping[str, Graph]) -> float:
        return (graphs[role].whole(key) + 2) * FRAME

    return read


_ZIPFORMER2: Final = tuple(key for key in fits.STACKS if key != "attention_dims")
_ZIPFORMER1: Final = (
    "encoder_dims", "attention_dims", "num_encoder_layers", "cnn_module_kernels",
    "left_context_len",
)  # fmt: skip
_CHUNK: Final = ("T", "decode_chunk_len")
_CACHES: Final = tuple(
    f"cache_last_{which}_dim{n}" for which in ("channel", "time") for n in (1, 2, 3)
)
_MANY: Final = (2, 1000)
_DECODER: Final = Part("decoder", (1, 1), (1, 1), numbers=("vocab_size", "context_size"))
_JOINER: Final = Part("joiner", (2, 2), (1, 1))
_NEMO_DECODER: Final = Part("decoder", (4, 4), (4, 4))
_LFR: Final = ("lfr_window_size", "lfr_window_shift")
_STATISTICS: Final = ("neg_mean", "inv_stddev")
_SENSE_VOICE: Final = tuple(f"lang_{code}" for code in ("auto", "zh", "en", "ja", "ko", "yue"))
_WHISPER: Final = (
    "n_mels", "n_text_layer", "n_text_ctx", "n_text_state", "n_vocab", "sot", "eot", "blank_id",
    "translate", "transcribe", "is_multilingual", "no_timestamps", "no_speech",
)  # fmt: skip
_TRANSDUCER: Final = {"encoder": "encoder", "decoder": "decoder", "joiner": "joiner"}
_CANARY: Final = (
    "<|startofcontext|>", "<|startoftranscript|>", "<|emo:undefined|>", "<|pnc|>", "<|nopnc|>",
    "<|noitn|>", "<|notimestamp|>", "<|nodiarize|>", "<|endoftext|>", "<|en|>", "<|es|>", "<|de|>",
    "<|fr|>",
)  # fmt: skip

_STREAMING: Final = (
    Family(
        "sherpa-onnx/online-transducer",
        "a streaming transducer",
        "from_transducer",
        (Part("encoder", _MANY, _MANY), _DECODER, _JOINER),
        _TRANSDUCER,
        Sound.KALDI,
        _axis("encoder", 2),
        _number("decoder", "vocab_size"),
        streaming=True,
        variants={
            "zipformer2": Part("encoder", _MANY, _MANY, _CHUNK, _ZIPFORMER2),
            "zipformer": Part("encoder", _MANY, _MANY, _CHUNK, _ZIPFORMER1),
            "lstm": Part(
                "encoder", (3, 3), (3, 3),
                (*_CHUNK, "num_encoder_layers", "rnn_hidden_size", "d_model"),
            ),
            "conformer": Part(
                "encoder", (4, 4), (3, 3),
                (*_CHUNK, "num_encoder_layers", "left_context", "encoder_dim", "pad_length",
                 "cnn_module_kernel"),
            ),
        },
        blank=Blank.FIRST,
        lookahead=_frames("encoder", "T"),
        hotwords=True,
        fits=fits.both(fits.chunked("encoder", *_CHUNK), fits.zipformer("encoder")),
    ),
    Family(
        "sherpa-onnx/online-nemo-transducer",
        "a streaming NeMo transducer",
        "from_transducer",
        (
            Part(
                "encoder", (5, 5), (5, 5),
                ("vocab_size", "window_size", "chunk_shift", "subsampling_factor",
                 "pred_rnn_layers", "pred_hidden", *_CACHES),
            ),
            _NEMO_DECODER,
            _JOINER,
        ),
        _TRANSDUCER,
        Sound.NEMO,
        _axis("encoder", 1),
        _number("encoder", "vocab_size", 1),
        streaming=True,
        blank=Blank.LAST,
        lookahead=_frames("encoder", "window_size"),
        fits=fits.both(
            fits.chunked("encoder", "window_size", "chunk_shift"),
            fits.normalised("encoder", "NA"),
        ),
    ),
    Family(
        "sherpa-onnx/online-zipformer2-ctc",
        "a streaming zipformer with CTC",
        "from_zipformer2_ctc",
        (Part("model", _MANY, _MANY, _CHUNK, _ZIPFORMER2),),
        {"model": "model"},
        Sound.KALDI,
        _axis("model", 2),
        _last("model"),
        streaming=True,
        types=("zipformer2",),
        blank=Blank.ANYWHERE,
        graph=True,
        lookahead=_frames("model", "T"),
        fits=fits.both(fits.chunked("model", *_CHUNK), fits.zipformer("model")),
    ),
    Family(
        "sherpa-onnx/online-nemo-ctc",
        "a streaming NeMo model with CTC",
        "from_nemo_ctc",
        (
            Part(
                "model", (5, 5), (5, 5),
                ("vocab_size", "window_size", "chunk_shift", "subsampling_factor", *_CACHES),
            ),
        ),
        {"model": "model"},
        Sound.NEMO,
        _axis("model", 1),
        _number("model", "vocab_size", 1),
        streaming=True,
        blank=Blank.ANYWHERE,
        lookahead=_frames("model", "window_size"),
        fits=fits.chunked("model", "window_size", "chunk_shift"),
        stretch=lambda graphs: graphs["model"].whole("subsampling_factor") / 4,
    ),
    Family(
        "sherpa-onnx/online-paraformer",
        "a streaming paraformer",
        "from_paraformer",
        (
            Part(
                "encoder", (2, 2), (3, 3),
                ("vocab_size", *_LFR, "encoder_output_size", "decoder_num_blocks",
                 "decoder_kernel_size"),
                reals=_STATISTICS,
            ),
            Part("decoder", _MANY, _MANY),
        ),
        {"encoder": "encoder", "decoder": "decoder"},
        Sound.STACKED,
        _axis("encoder", 2, "lfr_window_size"),
        _number("encoder", "vocab_size"),
        streaming=True,
        # It works in chunks of 0.6 s and says what it heard with three stacked frames of delay.
        lookahead=lambda _graphs: 1.25,
        fits=fits.both(
            fits.paraformer, fits.statistics("encoder", *_STATISTICS, fits.stacked),
        ),
    ),
)  # fmt: skip

_OFFLINE: Final = (
    Family(
        "sherpa-onnx/offline-transducer",
        "a transducer",
        "from_transducer",
        (Part("encoder", (2, 2), (2, 2)), _DECODER, _JOINER),
        _TRANSDUCER,
        Sound.KALDI,
        _axis("encoder", 2),
        _number("decoder", "vocab_size"),
        blank=Blank.FIRST,
        fixed={"model_type": "transducer"},
        hotwords=True,
    ),
    Family(
        "sherpa-onnx/offline-nemo-transducer",
        "a NeMo transducer (Parakeet)",
        "from_transducer",
        (
            Part(
                "encoder", (2, 2), (2, 2),
                ("vocab_size", "subsampling_factor", "pred_rnn_layers", "pred_hidden"),
                perhaps=("is_giga_am",),
            ),
            _NEMO_DECODER,
            _JOINER,
        ),
        _TRANSDUCER,
        Sound.NEMO,
        _axis("encoder", 1),
        _number("encoder", "vocab_size", 1),
        blank=Blank.LAST,
        fixed={"model_type": "nemo_transducer"},
        hotwords=True,
        fits=fits.normalised("encoder", "NA"),
    ),
    Family(
        "sherpa-onnx/offline-nemo-ctc",
        "a NeMo model with CTC",
        "from_nemo_ctc",
        (Part("model", (2, 2), (1, 3), ("vocab_size", "subsampling_factor"),
              perhaps=("is_giga_am",)),),
        {"model": "model"},
        Sound.NEMO,
        _axis("model", 1),
        _last("model"),
        blank=Blank.ANYWHERE,
        fits=fits.normalised("model"),
    ),
    Family(
        "sherpa-onnx/offline-zipformer-ctc",
        "a zipformer with CTC",
        "from_zipformer_ctc",
        (Part("model", (2, 2), (2, 3)),),
        {"model": "model"},
        Sound.KALDI,
        _axis("model", 2),
        _last("model"),
        blank=Blank.ANYWHERE,
        graph=True,
    ),
    Family(
        "sherpa-onnx/offline-paraformer",
        "a paraformer",
        "from_paraformer",
        (Part("model", (2, 2), (2, 4), ("vocab_size", *_LFR), reals=_STATISTICS),),
        {"model": "paraformer"},
        Sound.STACKED,
        _axis("model", 2, "lfr_window_size"),
        _number("model", "vocab_size"),
        specials=("</s>",),
        fits=fits.statistics("model", *_STATISTICS, fits.stacked),
    ),
    Family(
        "sherpa-onnx/sense-voice",
        "a SenseVoice model",
        "from_sense_voice",
        (
            Part(
                "model", (4, 4), (1, 2),
                ("vocab_size", *_LFR, "normalize_samples", "with_itn", "without_itn",
                 *_SENSE_VOICE),
                reals=_STATISTICS,
                perhaps=("blank_id",),
            ),
        ),
        {"model": "model"},
        Sound.STACKED,
        _axis("model", 2, "lfr_window_size"),
        _number("model", "vocab_size"),
        rates=(16000,),
        language=("language",),
        fits=fits.statistics("model", *_STATISTICS, fits.stacked),
    ),
    Family(
        "sherpa-onnx/whisper",
        "a Whisper model",
        "from_whisper",
        (
            Part("encoder", (1, 1), (2, 2), _WHISPER, ("sot_sequence",),
                 perhaps=("n_alignment_heads",)),
            Part("decoder", (6, 6), (3, 4)),
        ),
        {"encoder": "encoder", "decoder": "decoder"},
        Sound.WHISPER,
        lambda graphs: graphs["encoder"].inputs[0].size(1) or graphs["encoder"].whole("n_mels"),
        _number("encoder", "n_vocab"),
        rates=(16000,),
        configured=False,
        all_named=False,
        language=("language",),
        fits=fits.whisper,
    ),
    Family(
        "sherpa-onnx/moonshine",
        "a Moonshine model of four graphs",
        "from_moonshine",
        (
            Part("preprocessor", (1, 1), (1, 1)),
            Part("encoder", (2, 2), (1, 1)),
            Part("uncached_decoder", (3, 3), _MANY),
            Part("cached_decoder", _MANY, _MANY),
        ),
        {
            role: role
            for role in ("preprocessor", "encoder", "uncached_decoder", "cached_decoder")
        },
        Sound.WAVEFORM,
        lambda _graphs: None,
        _last("uncached_decoder"),
        rates=(16000,),
        configured=False,
        all_named=False,
        fits=fits.moonshine,
    ),
    Family(
        "sherpa-onnx/moonshine-v2",
        "a Moonshine model of two graphs",
        "from_moonshine_v2",
        (Part("encoder", (1, 2), (1, 1)), Part("decoder", _MANY, _MANY)),
        {"encoder": "encoder", "decoder": "decoder"},
        Sound.WAVEFORM,
        lambda _graphs: None,
        _last("decoder"),
        rates=(16000,),
        configured=False,
        all_named=False,
        fits=fits.merged_moonshine,
    ),
    Family(
        "sherpa-onnx/dolphin",
        "a Dolphin model",
        "from_dolphin_ctc",
        (Part("model", (2, 2), (2, 2), ("vocab_size",), reals=("mean", "invstd")),),
        {"model": "model"},
        Sound.NEMO,
        _axis("model", 2),
        _number("model", "vocab_size"),
        rates=(16000,),
        blank=Blank.ANYWHERE,
        fits=fits.statistics("model", "mean", "invstd", fits.plain),
    ),
    Family(
        "sherpa-onnx/canary",
        "a NeMo Canary model",
        "from_nemo_canary",
        (
            Part(
                "encoder", (2, 2), (3, 3), ("vocab_size", "subsampling_factor", "feat_dim"),
                words=("model_type",), perhaps=("num_decoder_layers", "decoder_hidden_size"),
            ),
            Part("decoder", _MANY, _MANY),
        ),
        {"encoder": "encoder", "decoder": "decoder"},
        Sound.NEMO,
        _number("encoder", "feat_dim"),
        _number("encoder", "vocab_size"),
        default_bins=128,
        rates=(16000,),
        types=("EncDecMultiTaskModel",),
        specials=_CANARY,
        language=("src_lang", "tgt_lang"),
        fits=fits.both(fits.canary, fits.normalised("encoder")),
    ),
    Family(
        "sherpa-onnx/fire-red-asr-ctc",
        "a FireRedASR model with CTC",
        "from_fire_red_asr_ctc",
        (Part("model", (2, 2), (1, 3), reals=("cmvn_mean", "cmvn_inv_stddev"),
              perhaps=("subsampling_factor",)),),
        {"model": "model"},
        Sound.KALDI,
        _axis("model", 2),
        _last("model"),
        rates=(16000,),
        configured=False,
        types=("fire-red-asr-2-ctc",),
        blank=Blank.ANYWHERE,
        fits=fits.statistics("model", "cmvn_mean", "cmvn_inv_stddev", fits.plain),
    ),
)  # fmt: skip

FAMILIES: Final[Mapping[str, Family]] = {
    family.engine: family for family in (*_STREAMING, *_OFFLINE)
}
"""Engine of a manifest → its row."""
