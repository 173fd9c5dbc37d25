import numpy as np

from dusktape.nn.exact import ACTIVATION_STEP, WEIGHT_STEP, from_int16, on_grid, sigmoid, tanh, to_int16


def test_matrix_products_do_not_depend_on_the_order_of_summation() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    x = on_grid(rng.uniform(-7.9, 7.9, (5, 700)))
    w = from_int16(rng.integers(-32767, 32768, (700, 40)))
    whole = x @ w
    order = rng.permutation(700)
    assert np.array_equal(whole, x[:, order] @ w[order])
    assert np.array_equal(whole, x[:, :333] @ w[:333] + x[:, 333:] @ w[333:])
    assert np.array_equal(whole[:1], x[:1] @ w)


def test_off_the_grid_the_order_does_matter() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    x, w = rng.uniform(-7.9, 7.9, (5, 700)), rng.uniform(-7.9, 7.9, (700, 40))
    assert not np.array_equal(x @ w, x[:, ::-1] @ w[::-1])


def test_stored_weights_are_the_nearest_on_their_grid() -> None:
    weights = np.array([0.0, 0.1, -3.30001, 7.9])
    assert np.abs(from_int16(to_int16(weights)) - weights).max() <= WEIGHT_STEP / 2


def test_weights_beyond_the_grid_are_clipped() -> None:
    assert from_int16(to_int16(np.array([100.0, -100.0]))).tolist() == [32767 / 4096, -32767 / 4096]


def test_nonlinearities_land_on_the_grid_and_near_the_truth() -> None:
    x = np.linspace(-200.0, 200.0, 4001)
    for found, truth in ((tanh(x), np.tanh(x)), (sigmoid(x), 0.5 * (1 + np.tanh(x / 2)))):
        assert np.array_equal(found, np.rint(found / ACTIVATION_STEP) * ACTIVATION_STEP)
        assert np.abs(found - truth).max() <= ACTIVATION_STEP


def test_gates_are_those_of_the_formula_and_take_any_number():
    x = np.concatenate([np.linspace(-70.0, 70.0, 9001), [-1e300, 1e300, -np.inf, np.inf, 0.0]])
    before = x.copy()
    with np.errstate(over="ignore"):
        assert np.array_equal(sigmoid(x), on_grid(1.0 / (1.0 + np.exp(-x))))
    assert np.array_equal(tanh(x), on_grid(np.tanh(x)))
    assert np.array_equal(x, before)
