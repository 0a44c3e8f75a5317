"""Self test, no data needed: python3 test_training.py

Checks that the ways a caption is computed agree: packed for training, step by step through the decoder graph, alone and in a batch.
"""
import copy
import itertools
import os
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
import torch

from adapt import AdaptLoss
from data import center_crop
from joint_captions import side_by_side
from joint_write import draw
from model import Captioner
from sample import sample
from scenes import AREAS, describe
from score import interval, score
from search import GREEDY, banned_tokens, best_candidates, decoders_of, dims_of, write
from simplify import simplify
from text import BOS, DRAFT, EOS, PAD, clean, flip_words, pack, pad_drafts


def small():
    torch.manual_seed(0)
    model = Captioner({"width": 64, "layers": 2, "heads": 4, "vocab": 64, "lens_layers": 1}).eval()
    torch.nn.init.normal_(model.language.token.weight, std=0.4)
    return model


def test_text():
    assert clean("A dog's  ball , is RED - 'really' .") == "a dog's ball is red really"
    assert flip_words("the left hand") == "the right hand"


def test_packed_captions_do_not_see_each_other(model):
    visual, drafts = torch.randn(2, 49, 64), [[5, 6, 7], [8]]
    captions = [[[20, 21], [30, 31, 32]], [[40], [50, 51]]]
    both, alone = pack(captions, drafts), pack([[c[1]] for c in captions], drafts)
    a, b = (model.language.hidden(visual, p) for p in (both, alone))
    for r in range(2):
        assert torch.allclose(a[r][both["group"][r] == 2], b[r][alone["group"][r] == 1], atol=1e-4)


def test_captions_side_by_side_are_those_of_pack(model):
    """Packed on the device with padding between the captions, each has the loss that pack gives it."""
    captions = [[[20, 21, 22], [30]], [[40], [50, 51]]]
    ids, lengths = torch.zeros(2, 2, 3, dtype=torch.int64), torch.tensor([[3, 1], [1, 2]])
    for b, k in itertools.product(range(2), range(2)):
        ids[b, k, :lengths[b, k]] = torch.tensor(captions[b][k])
    visual, ended = torch.randn(2, 49, 64), torch.tensor([[True, True], [True, False]])
    packs = pack(captions), side_by_side(ids, lengths, ended)
    losses = []
    for p in packs:
        logits = model.language.logits(model.language.hidden(visual, p))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), p["targets"].flatten(), ignore_index=-100, reduction="none").view(p["targets"].shape)
        losses.append([[loss[b][p["group"][b] == k + 1].tolist() for k in range(2)] for b in range(2)])
    losses[0][1][1][-1] = 0.0  # a caption that was cut off has no end to learn
    assert np.allclose(np.concatenate([np.concatenate(row) for row in losses[0]]), np.concatenate([np.concatenate(row) for row in losses[1]]), atol=1e-4)


def test_drawn_captions_do_not_depend_on_their_neighbours(model):
    """Drawn near temperature 0, all columns write what greedy search writes, specials and empty captions apart."""
    model = copy.deepcopy(model).bfloat16()
    visual = torch.randn(3, 49, 64)
    ids, lengths, ended = draw(model.language, visual, 3, 8, 1e-3)
    assert (ids[:, :1] == ids).all() and (lengths > 0).all()
    assert not torch.isin(ids, torch.tensor([PAD, BOS, DRAFT])).any()
    for b, k in itertools.product(range(3), range(3)):
        assert ended[b, k] == (EOS in ids[b, k]) and EOS not in ids[b, k, :lengths[b, k]]
    alone = draw(model.language, visual[1:2], 1, 8, 1e-3)[0]
    assert (alone[0, 0] == ids[1, 0]).float().mean() > 0.7  # bfloat16 may tip a choice


def test_search_in_a_batch_and_alone(model):
    visual, drafts = torch.randn(3, 49, 64), [[5, 6, 7], [], [9, 10]]
    decoder, dims = decoders_of(model)[0], dims_of(model)
    for options in (GREEDY, dict(GREEDY, beams=3)):
        together = write([(decoder, visual, drafts)], options, dims)
        for r in range(3):
            assert write([(decoder, visual[r:r + 1], drafts[r:r + 1])], options, dims)[0][0] == together[r][0]
            tokens, sure, steps = together[r]
            p = pack([[tokens]], [drafts[r]])
            states = model.language.hidden(visual[r:r + 1], p)[0][p["group"][0] == 1]
            whole = (tokens + [EOS])[:options["maxTokens"]]
            chance = torch.softmax(model.language.logits(states)[:len(whole)], -1)[torch.arange(len(whole)), whole]
            assert abs(chance.log().mean().exp().item() - sure) < 1e-4
            spread = torch.distributions.Categorical(logits=model.language.logits(states)).entropy()[:len(whole)]
            assert torch.allclose(torch.tensor(steps), torch.stack([chance.log(), spread], 1), atol=1e-3)


def test_two_views_are_the_mean_of_both(model):
    """What is written from two views has, from each of them, the probabilities whose geometric mean the search went by."""
    one, two, drafts = torch.randn(2, 49, 64), torch.randn(2, 49, 64), [[5, 6, 7], [8]]
    options = dict(GREEDY, maxTokens=5, noRepeatNgram=0)
    first, second = decoders_of(model)
    for r, (tokens, sure, _) in enumerate(write([(first, one, None), (second, two, drafts)], options, dims_of(model))):
        whole, logits = (tokens + [EOS])[:5], 0.0
        for visual, behind in ((one, None), (two, [drafts[r]])):
            p = pack([[tokens]], behind)
            logits = logits + model.language.logits(model.language.hidden(visual[r:r + 1], p)[0][p["group"][0] == 1]) / 2
        logp = torch.log_softmax(logits, -1)[:len(whole)]
        best = logp.clone()
        best[:, :4], best[1:, EOS] = -1e9, logp[1:, EOS]
        assert best.argmax(1).tolist() == whole
        assert abs(logp[torch.arange(len(whole)), whole].mean().exp().item() - sure) < 1e-4


def test_wide_beam_finds_the_best(model):
    """With more beams than there are sentences of two tokens, the search must agree with trying them all."""
    visual = torch.randn(1, 49, 64)
    options = {"beams": 4096, "maxTokens": 2, "noRepeatNgram": 0, "lengthPenalty": 1.0}
    found = write([(decoders_of(model)[0], visual, None)], options, dims_of(model))[0][0]
    words = [t for t in range(64) if t not in (0, 1, 2, 3)]
    p = pack([[[w] for w in words]])
    logp = torch.log_softmax(model.language.logits(model.language.hidden(visual, p))[0].double(), -1)
    best = []
    for g, w in enumerate(words):
        first, second = logp[p["group"][0] == g + 1]
        best.append(((first[w] + second[2]).item() / 2, [w]))
        best += [((first[w] + second[v]).item() / 2, [w, v]) for v in words]
    assert found == max(best)[1]


def test_search_rules():
    assert banned_tokens([7, 8, 9, 7, 8], 3) == [8, 9] and banned_tokens([7, 8], 3) == [8] and banned_tokens([7, 8], 0) == []
    assert best_candidates(np.array([1.0, 3.0, -np.inf, 3.0]), 3).tolist() == [1, 3, 0]


def test_sampling_follows_the_model(model):
    """At a temperature near zero, sampled columns must all be the greedy caption."""
    visual, drafts = torch.randn(2, 49, 64), [[5, 6], [8]]
    greedy = write([(decoders_of(model)[0], visual, drafts)], dict(GREEDY, maxTokens=6, noRepeatNgram=0), dims_of(model))
    samples, _ = sample(model.language, visual, drafts, 3, 6, temperature=1e-4)
    for row, (ids, *_) in zip(samples, greedy):
        assert all(s == ids for s in row), (row, ids)


def test_vision_transformer():
    """The paper's kind of encoder: one cell a token, three taps; a second pass of it, step by step."""
    vit = {"kind": "vit", "size": 28, "patch": 7, "width": 32, "heads": 4, "taps": [1, 2, 3]}
    model = Captioner({"encoder": vit, "width": 64, "layers": 2, "heads": 4, "vocab": 64, "activation": "relu", "lens_layers": 1}).eval()
    glance, features = model.encode(torch.randint(0, 256, (2, 28, 28, 3), dtype=torch.uint8))
    assert glance.shape == (2, 16, 64) and features.shape == (2, 16, 96)
    drafts = [[5, 6, 7], [8]]
    refined = model.refine(glance, features, pad_drafts(drafts))
    assert refined.shape == glance.shape and len(write([(decoders_of(model)[1], refined, drafts)], GREEDY, dims_of(model))) == 2


def test_a_second_pass_of_its_own():
    """It begins as its own connector and language model see the picture, whatever the first pass saw; from both views each has its own decoder."""
    model = Captioner({"width": 64, "layers": 2, "heads": 4, "vocab": 64, "lens_layers": 1, "own": True, "reads": ["layers", "guide"]}).eval()
    glance, features = model.encode(torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8))
    refined = model.refine(glance, features, pad_drafts([[5, 6, 7], [8]]))
    assert torch.equal(refined, model.refine(torch.randn_like(glance), features, pad_drafts([[9], [10]])))
    assert model.prompt([[5]]) is None and model.second_language is not model.language
    first, second = decoders_of(model)
    options = dict(GREEDY, maxTokens=4)
    assert write([(first, glance, None)], options, dims_of(model)) != write([(second, refined, None)], options, dims_of(model))


@torch.enable_grad()
def test_a_step_in_bfloat16():
    """Both passes and the encoder get gradients as training takes them."""
    model = Captioner({"width": 64, "layers": 2, "heads": 4, "vocab": 64, "lens_layers": 1, "own": True}).train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        glance, features = model.encode(torch.randint(0, 256, (2, 224, 224, 3), dtype=torch.uint8))
        captions, drafts = pack([[[5, 6, 7]], [[8, 9]]]), [[5, 6], [8]]
        second = model.loss(model.refine(glance, features, pad_drafts(drafts)), captions, language=model.second_language)
        (model.loss(glance, captions) + second).backward()
    for weights in (model.encoder.stem.weight, model.encoder.blocks[9][1].weight, model.connector[1].weight, model.deeplens.out.weight, model.second.token.weight):
        assert torch.isfinite(weights.grad).all() and weights.grad.abs().sum() > 0


def test_depthwise_gradient():
    """The C++ kernel and torch agree, with either stride (where there is no compiler both are torch)."""
    from depthwise import DepthwiseConv2d
    for channels, side, k, stride, padding in ((40, 14, 5, 1, 2), (72, 15, 3, 2, 0)):
        conv = DepthwiseConv2d(channels, channels, k, stride, padding, groups=channels)
        x = torch.randn(3, channels, side, side).bfloat16().to(memory_format=torch.channels_last).requires_grad_()
        with torch.enable_grad():
            with torch.autocast("cpu", dtype=torch.bfloat16):
                y = conv(x)
            direction = torch.randn_like(y)
            y.backward(direction)
            got, want = [x.grad.float(), conv.weight.grad.clone(), conv.bias.grad.clone()], x.detach().float().requires_grad_()
            conv.zero_grad()
            torch.nn.Conv2d.forward(conv, want).backward(direction.float())
        for a, b in zip(got, (want.grad, conv.weight.grad, conv.bias.grad)):
            assert (a - b).abs().max() < 0.01 * b.abs().max()


def test_simplified_graphs_give_the_same():
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = torch.nn.Conv2d(3, 16, 3, stride=2), torch.nn.Conv2d(16, 8, 1)

        def forward(self, pixels):
            x = ((pixels.float() - torch.tensor([100.0, 110.0, 120.0])) / torch.tensor([50.0, 60.0, 70.0])).permute(0, 3, 1, 2)
            x = self.one(torch.nn.functional.pad(x, (0, 1, 0, 1)))
            x = self.two(x * torch.nn.functional.relu6(x + 3) / 6)
            return x * (x * (1 / 6) + 0.5).clamp(0, 1)

    with tempfile.TemporaryDirectory() as folder:
        path, pixels = os.path.join(folder, "net.onnx"), torch.randint(0, 256, (2, 20, 20, 3), dtype=torch.uint8)
        torch.onnx.export(Net(), (pixels,), path, input_names=["pixels"], opset_version=17, dynamo=False)
        model = onnx.load(path)
        before = ort.InferenceSession(path).run(None, {"pixels": pixels.numpy()})[0]
        simplify(model)
        after = ort.InferenceSession(model.SerializeToString()).run(None, {"pixels": pixels.numpy()})[0]
    kinds = [n.op_type for n in model.graph.node]
    assert kinds.count("HardSigmoid") == 2 and not {"Pad", "Clip"} & set(kinds) and kinds.index("Transpose") < kinds.index("Sub"), kinds
    assert np.abs(before - after).max() < 1e-5


def test_center_crop():
    """Integers only: nothing changes at a margin of 0, an even picture stays even, and a ramp stays a ramp."""
    pixels = np.tile(np.arange(64, dtype=np.uint8)[None, None, :, None], (1, 64, 1, 3))
    assert (center_crop(pixels, 0) == pixels).all()
    row = center_crop(pixels, 8)[0, 0, :, 0].astype(int)
    assert row[0] == 8 and row[-1] == 55 and (np.diff(row) >= 0).all()


def test_encoder_halves_large_pictures(model):
    small_pixels = torch.randint(0, 256, (1, 224, 224, 3), dtype=torch.uint8)
    large = small_pixels.repeat_interleave(2, 1).repeat_interleave(2, 2)
    assert torch.allclose(model.encode(small_pixels)[0], model.encode(large)[0], atol=1e-5)


def test_tags():
    from tags import TagTargets, average_precision
    rows = [{"captions": ["a dog runs"] * 3}] * 50 + [{"captions": ["a cat"], "labels": ["cat"]}] * 50
    targets = TagTargets(rows)
    wanted, known = targets([rows[0], rows[99]])
    assert targets.words[:1] == ["dog"] or "dog" in targets.words
    assert wanted[0, targets.at["dog"]] == 1 and known[0, targets.label_at["cat"]] == 0 and known[1].all() and wanted[1, targets.label_at["cat"]] == 1
    truth = torch.tensor([[1.0], [1.0], [1.0], [0.0]])
    assert abs(average_precision(truth.clone(), truth) - 100) < 1e-4


def test_a_furnished_room_is_described_by_floor_and_table():
    areas = np.full((10, 10), AREAS.index("wall"))
    areas[5:] = AREAS.index("floor")
    areas[4:6, 4:7] = AREAS.index("table")
    pixels = np.full((10, 10, 3), 240, np.uint8)
    pixels[5:] = (150, 100, 60)
    share = dict(zip(AREAS, np.bincount(areas.reshape(-1), minlength=len(AREAS)) / areas.size))
    kind, captions = describe(share, pixels, areas, [], "a small room", np.random.default_rng(0))
    assert kind == "table" and {"a small table on a wooden floor", "a room with a table", "a wooden floor in a room"} <= set(captions)
    areas[areas == AREAS.index("table")] = AREAS.index("wall")
    share = dict(zip(AREAS, np.bincount(areas.reshape(-1), minlength=len(AREAS)) / areas.size))
    kind, captions = describe(share, pixels, areas, [], "a small room", np.random.default_rng(0))
    assert kind == "boards" and "an empty room with a wooden floor" in captions


def test_words_for_absent_things_are_unlearnt(model):
    """Held to itself, a model has nothing to learn. Where its likeliest word names an absent thing, one of two views learns so that both together say another."""
    visual, packed, before = torch.randn(2, 49, 64), pack([[[20, 21]], [[40]]]), copy.deepcopy(model.language)
    absent, nothing = torch.zeros(2, 64, dtype=torch.bool), torch.zeros(2, dtype=torch.int64)
    assert AdaptLoss.losses([(model.language, visual)], [(before, visual)], packed, nothing, absent)[1].abs() < 1e-5
    first = [torch.softmax(before.logits(before.hidden(visual, packed)), -1)[1, 0]]
    word = int(first[0].argmax())
    absent[1, word] = True
    learner = copy.deepcopy(before)
    step = torch.optim.Adam(learner.parameters(), 3e-3)
    with torch.enable_grad():
        for _ in range(80):
            step.zero_grad()
            AdaptLoss.losses([(before, visual), (learner, visual)], [(before, visual)] * 2, packed, nothing, absent)[1].backward()
            step.step()
    logits = [m.logits(m.hidden(visual, packed))[1, 0] for m in (before, learner)]
    first.append(torch.softmax(sum(logits) / 2, -1))
    others = torch.arange(64) != word
    assert first[1][word] < 0.2 * first[0][word]
    assert first[1][others].argmax() == first[0][others].argmax()


def test_score():
    same = score(["a dog runs fast", "two men sit here"], [["a dog runs fast"], ["two men sit here"]])
    assert abs(same["BLEU-4"] - 100) < 1e-3 and abs(same["ROUGE-L"] - 100) < 1e-6 and abs(same["CIDEr-D"] - 1000) < 1e-3
    low, high = interval([0.01] * 50)
    assert low == high == 1.0


if __name__ == "__main__":
    with torch.no_grad():
        for name, test in list(globals().items()):
            if name.startswith("test_"):
                test(*itertools.repeat(small(), test.__code__.co_argcount))
                print("ok", name)
