import numpy as np
import pytest

from dusktape.nn.exact import from_int16, on_grid, sigmoid, tanh, to_int16
from dusktape.nn.layers import GRU, LSTM, Linear, Lookup

torch = pytest.importorskip("torch", reason="torch is the reference; install 'dusktape[train]'")


def rounded(module: object) -> dict[str, np.ndarray]:
    state = module.state_dict()  # type: ignore[attr-defined]
    module.load_state_dict(  # type: ignore[attr-defined]
        {k: torch.from_numpy(from_int16(to_int16(v.numpy()))).float() for k, v in state.items()}
    )
    return {f"m.{k}": from_int16(to_int16(v.numpy())) for k, v in state.items()}


def test_the_lstm_steps_like_torchs_over_a_long_sequence() -> None:
    torch.manual_seed(0)
    module = torch.nn.LSTM(24, 32, num_layers=2, batch_first=True)
    lstm = LSTM.of(rounded(module), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(3, 200, 24)))
    with torch.no_grad():
        expected = module(torch.from_numpy(x).float())[0].numpy()
    state, found = lstm.start(3), []
    for t in range(200):
        h, state = lstm.step(x[:, t], state)
        found.append(h)
    assert lstm.hidden == 32
    assert np.abs(np.stack(found, 1) - expected).max() < 1e-4


def test_a_batch_of_one_steps_exactly_as_a_batch_of_many() -> None:
    torch.manual_seed(0)
    lstm = LSTM.of(rounded(torch.nn.LSTM(40, 64, batch_first=True)), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(17, 50, 40)))
    many, one = lstm.start(17), lstm.start(1)
    for t in range(50):
        all_rows, many = lstm.step(x[:, t], many)
        row, one = lstm.step(x[4:5, t], one)
        assert np.array_equal(all_rows[4:5], row)


def test_one_product_for_input_and_state_changes_no_bit() -> None:
    torch.manual_seed(0)
    lstm = LSTM.of(rounded(torch.nn.LSTM(40, 64, num_layers=2, batch_first=True)), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(50, 3, 40)))
    state = apart = lstm.start(3)
    for row in x:
        top, state = lstm.step(row, state)
        after = []  # the textbook's step, gate by gate
        for w_in, w_hid, bias, (h, c) in zip(lstm.input_weights, lstm.hidden_weights, lstm.biases, apart, strict=True):
            i, f, g, o = np.split(row @ w_in + h @ w_hid + bias, 4, axis=1)
            c = on_grid(sigmoid(f) * c + sigmoid(i) * tanh(g))
            row = on_grid(sigmoid(o) * tanh(c))
            after.append((row, c))
        apart = tuple(after)
        assert np.array_equal(top, row)
    assert all(np.array_equal(a, b) for pair in zip(state, apart, strict=True) for a, b in zip(*pair, strict=True))


def test_the_gru_steps_like_torchs_over_a_long_sequence() -> None:
    torch.manual_seed(0)
    module = torch.nn.GRU(24, 32, batch_first=True)
    gru = GRU.of(rounded(module), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(3, 200, 24)))
    with torch.no_grad():
        expected = module(torch.from_numpy(x).float())[0].numpy()
    state, found = gru.start(3), []
    for t in range(200):
        state = gru.step(x[:, t], state)
        found.append(state)
    assert gru.hidden == 32
    assert np.abs(np.stack(found, 1) - expected).max() < 1e-4


def test_the_gru_does_not_mind_its_company() -> None:
    torch.manual_seed(0)
    gru = GRU.of(rounded(torch.nn.GRU(40, 64, batch_first=True)), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(17, 50, 40)))
    many, one = gru.start(17), gru.start(1)
    for t in range(50):
        many, one = gru.step(x[:, t], many), gru.step(x[4:5, t], one)
        assert np.array_equal(many[4:5], one)


def test_a_linear_layer_is_torchs() -> None:
    torch.manual_seed(0)
    module = torch.nn.Linear(10, 4)
    linear = Linear.of(rounded(module), "m")
    x = on_grid(np.random.Generator(np.random.PCG64(0)).normal(size=(5, 10)))
    with torch.no_grad():
        assert np.allclose(linear(x), module(torch.from_numpy(x).float()).numpy(), atol=1e-5)


def test_looking_up_is_joining_embeddings_and_multiplying_bit_for_bit() -> None:
    rng = np.random.default_rng(1)
    sizes, widths = (19, 12, 9), (8, 8, 6)
    tables = [from_int16(rng.integers(-32767, 32768, size)) for size in zip(sizes, widths, strict=True)]
    weight = from_int16(rng.integers(-32767, 32768, (sum(widths), 40)))
    lookup = Lookup.of(tables, weight)
    for indices in rng.integers(0, sizes, (30, 3)).tolist():
        joined = np.concatenate([table[i] for table, i in zip(tables, indices, strict=True)])
        assert np.array_equal(lookup(indices), joined @ weight)
