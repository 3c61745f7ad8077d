"""The report page has the numbers of the cube, and responds to mouse and keys."""

import json
import re
import time
from contextlib import suppress

import numpy as np
import pytest
from result_cubes import CLASSES, EVIL, FAILURE, best_trial, make_cube
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from skseisfp.neural import FingerprintClassifier
from skseisfp.plotting import write_report
from skseisfp.sweep import ResultCube, SweepSearchCV

EVIL_TITLE = "Kola </title><script>window.evil = 1</script> & more"


def read_study(page):
    text = page.read_text(encoding="utf-8")
    pattern = r'<script type="application/json" id="study">(.*?)</script>'
    return json.loads(re.search(pattern, text, re.DOTALL)[1])


@pytest.mark.parametrize("n_parameters", range(1, 7))
def test_the_page_has_the_numbers_of_the_cube(n_parameters, tmp_path):
    cube = make_cube(n_parameters)
    page = write_report(cube, tmp_path / "study.html", title="Study")
    assert page == tmp_path / "study.html"
    study = read_study(page)
    assert [one["name"] for one in study["parameters"]] == cube.parameters
    kept = study["metrics"]["accuracy"]
    expected = {
        "quality": cube.values(),
        "spread": cube.std(),
        "gradient": cube.gradient(),
        "folds": cube.dataset["accuracy"],
    }
    for name, values in expected.items():
        values = values.values
        found = np.array(kept[name], dtype=float).reshape(values.shape)
        np.testing.assert_allclose(found, values, rtol=1e-5)
    best = np.unravel_index(study["best"], cube.values().shape)
    named = {
        name: cube.dataset[name].values[k]
        for name, k in zip(cube.parameters, best, strict=True)
    }
    assert named == best_trial(n_parameters)
    counts = study["confusion"]["record"]["counts"][study["best"]]
    total = np.sum(counts, axis=0).reshape(3, 3)
    np.testing.assert_array_equal(total, cube.confusion())
    assert list(study["errors"].values()) == [FAILURE]
    networks = study["networks"]["trials"]
    sizes = cube.dataset["n_parameters"].mean("fold").values.ravel()
    assert [network["total"] for network in networks] == sizes.tolist()
    assert list(study["history"]) == ["loss", "accuracy"]
    assert list(study["history"]["accuracy"]) == ["train"]
    losses = study["history"]["loss"]["valid"][study["best"]]
    expected = cube.dataset["valid_loss"].sel(best_trial(n_parameters))
    np.testing.assert_allclose(losses, expected[:, :6], rtol=1e-5)


def test_only_a_cube_becomes_a_report(tmp_path):
    with pytest.raises(TypeError, match=r"got object\. ResultCube\.from_"):
        write_report(object(), tmp_path / "a.html")


def test_the_page_of_a_real_sweep_has_what_its_cells_kept(tmp_path):
    X = np.random.default_rng(0).integers(0, 2, (24, 16, 16)).astype(np.uint8)
    network = FingerprintClassifier(max_epochs=2, device="cpu", random_state=0)
    grid = {"module__conv1_n_filters": [2, 4], "balance": [None, "weights"]}
    search = SweepSearchCV(network, grid, cv=2).fit(
        X, np.repeat(["blast", "quake"], 12)
    )
    cube = ResultCube.from_search(search)
    study = read_study(write_report(cube, tmp_path / "a.html", input_shape=(1, 16, 16)))
    assert [one["values"] for one in study["parameters"]] == [
        ["2", "4"],
        ["None", "weights"],
    ]
    losses = study["history"]["loss"]["train"]
    matrices = study["confusion"]["record"]["counts"]
    for params, cells in zip(
        search.cv_results_["params"], search.fit_results_, strict=True
    ):
        n_filters, balance = (grid[name].index(params[name]) for name in grid)
        trial = 2 * n_filters + balance
        for fold, cell in enumerate(cells):
            kept = [epoch["train_loss"] for epoch in cell["history"]]
            np.testing.assert_allclose(losses[trial][fold], kept, rtol=1e-5)
            assert matrices[trial][fold] == np.ravel(cell["confusion"]).tolist()
            network = study["networks"]["trials"][trial]
            assert network["total"] == cell["n_parameters"]


def test_the_page_is_one_file_that_labels_cannot_break(tmp_path):
    page = write_report(make_cube(6), tmp_path / "study.html", title=EVIL_TITLE)
    text = page.read_text(encoding="utf-8")
    assert text.count("</script>") == 3
    assert EVIL not in text
    assert "<script>window.evil" not in text
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=.(?!data:)", text)


def test_the_page_does_without_what_a_cube_lacks(tmp_path):
    cube = make_cube(2, kept=())
    del cube.dataset["n_parameters"], cube.dataset["fit_time"], cube.dataset["error"]
    study = read_study(write_report(cube, tmp_path / "study.html"))
    assert study["confusion"] == study["history"] == study["errors"] == {}
    assert study["n_parameters"] is study["fit_time"] is None
    assert all(
        "n_classes" in network["reason"] for network in study["networks"]["trials"]
    )
    study = read_study(write_report(cube, tmp_path / "study.html", n_classes=3))
    assert all("rows" in network for network in study["networks"]["trials"])


def test_a_network_that_is_not_the_trials_is_not_drawn(tmp_path):
    page = write_report(make_cube(1), tmp_path / "a.html", input_shape=(1, 32, 32))
    networks = read_study(page)["networks"]["trials"]
    assert all("that of the trial had" in network["reason"] for network in networks)


def test_a_cube_with_nothing_to_show_raises(tmp_path):
    with pytest.raises(ValueError, match="No trial has a result"):
        write_report(make_cube(2, missing=range(12)), tmp_path / "study.html")
    point = make_cube(1).select(conv1_filter_size=1)
    with pytest.raises(ValueError, match="no varied parameter"):
        write_report(point, tmp_path / "study.html")
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def browser(chromium):
    """The page in Chromium, driven as by a person."""
    return Page(chromium)


EYE = """
    const {scene} = document.getElementById('plot')._fullLayout;
    return scene._scene.getCamera().eye.x
"""
# where a scene shows the point that is nearest to the eye, and the trial of the point
NEAREST = """
    const plot = document.getElementById('plot');
    const scene = plot._fullLayout.scene._scene;
    const {model, view, projection} = scene.glplot.cameraParams;
    const apply = (m, v) => [0, 1, 2, 3].map(row =>
        v.reduce((sum, value, k) => sum + m[row + 4 * k] * value, 0));
    const {x, y, z, customdata} = plot.data[0];
    const box = document.querySelector('#plot canvas').getBoundingClientRect();
    const places = customdata.map((trial, k) => {
        const point = [x[k], y[k], z[k]].map((value, i) => value * scene.dataScale[i]);
        const p = apply(projection, apply(view, apply(model, [...point, 1])));
        return [p[2] / p[3], box.left + (0.5 + 0.5 * p[0] / p[3]) * box.width,
            box.top + (0.5 - 0.5 * p[1] / p[3]) * box.height, trial];
    });
    return places.sort((a, b) => a[0] - b[0])[0].slice(1);
"""


class Page:
    """The open page, with the hand and the eye of a person."""

    def __init__(self, driver):
        self.driver = driver

    def open(self, cube, folder, **options):
        page = write_report(cube, folder / "study.html", **options)
        self.driver.get(page.as_uri())
        return self

    def find(self, selector):
        return self.driver.find_element("css selector", selector)

    def text(self, selector):
        return self.find(selector).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def view(self, name):
        self.find(f"#view-{name}").click()

    def press(self, selector, key):
        self.find(selector).send_keys(key)

    def choose(self, selector, value):
        self.find(f"{selector} option[value='{value}']").click()

    def traces(self):
        """Return the names of the traces drawn and the numbers of their points."""
        return self.run(
            "return document.getElementById('plot').data.map(trace => "
            "[trace.type, (trace.x || trace.dimensions[0].values).length])"
        )

    def shown(self, trace=0, of="z"):
        values = self.run(
            "return document.getElementById('plot').data[arguments[0]][arguments[1]]",
            trace,
            of,
        )
        return np.array(values, dtype=float)

    def box(self, selector, number=0):
        """Return left, top, width and height of an element in the window."""
        return self.run(
            "document.getElementById('plot').scrollIntoView({block: 'center'});"
            "const node = document.querySelectorAll(arguments[0])[arguments[1]];"
            "const box = node.getBoundingClientRect();"
            "return [box.left, box.top, box.width, box.height]",
            selector,
            number,
        )

    def click_on(self, x, y):
        """Click on the plot where its axes have the values x and y."""
        left, top = self.run(
            "const plot = document.getElementById('plot');"
            "plot.scrollIntoView({block: 'center'});"
            "const {xaxis, yaxis} = plot._fullLayout;"
            "const box = plot.getBoundingClientRect();"
            "return [box.left + xaxis._offset + xaxis.l2p(arguments[0]),"
            " box.top + yaxis._offset + yaxis.l2p(arguments[1])]",
            x,
            y,
        )
        self.click_at(left, top)

    def mouse(self):
        return ActionBuilder(self.driver, duration=30)

    def click_at(self, left, top):
        actions = self.mouse()
        actions.pointer_action.move_to_location(round(left), round(top))
        actions.pointer_action.pause(0.1).click()
        actions.perform()

    def hold_at(self, left, top):
        """Press the button for as long as a slow scene needs to see it."""
        actions = self.mouse()
        actions.pointer_action.move_to_location(round(left), round(top)).pause(0.3)
        actions.pointer_action.pointer_down()
        actions.perform()

    def release(self):
        actions = self.mouse()
        actions.pointer_action.pointer_up()
        actions.perform()

    def wait_for(self, selector, start):
        waiting = WebDriverWait(self.driver, 10)
        waiting.until(lambda _: self.text(selector).startswith(start))

    def drag(self, start, end):
        actions = self.mouse()
        actions.pointer_action.move_to_location(*map(round, start)).pointer_down()
        actions.pointer_action.move_to_location(*map(round, end)).pointer_up()
        actions.perform()

    def parameters(self):
        values = self.driver.find_elements("css selector", "#trial-parameters dd")
        return [value.text for value in values]

    def complaints(self):
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]


VIEWS = {
    1: ["curves", "pareto", "table"],
    2: ["surface", "heat", "curves", "parallel", "pareto", "table"],
    6: ["cube", "surface", "heat", "curves", "parallel", "pareto", "table"],
}


@pytest.mark.slow
@pytest.mark.parametrize("n_parameters", VIEWS)
def test_views_draw_without_an_error(browser, n_parameters, tmp_path):
    page = browser.open(make_cube(n_parameters), tmp_path, title=EVIL_TITLE)
    tabs = page.driver.find_elements("css selector", "[role=tab]")
    names = [tab.get_attribute("id").removeprefix("view-") for tab in tabs]
    assert names == VIEWS[n_parameters]
    for name in names if n_parameters < 6 else ["cube", "parallel"]:
        page.view(name)
        assert page.find(f"#view-{name}").get_attribute("aria-selected") == "true"
        if name != "table":
            assert sum(count for _, count in page.traces()) > 1
            assert page.find("#plot .svg-container").is_displayed()
    assert page.complaints() == []
    assert page.run("return performance.getEntriesByType('resource').length") == 0
    assert page.driver.title == page.text("h1") == EVIL_TITLE
    assert page.run("return window.evil") is None
    bold = "return [...document.querySelectorAll('b')].map(node => node.textContent)"
    assert "x" not in page.run(bold)


@pytest.fixture(scope="module")
def study(browser, tmp_path_factory):
    """A page of a cube of four parameters, left as the test before left it."""
    cube = make_cube(4)
    return cube, browser.open(cube, tmp_path_factory.mktemp("report"))


def short(trial):
    return [f"{value:g}" for value in trial.values()]


@pytest.mark.slow
def test_the_page_opens_with_the_best_trial(study):
    cube, page = study
    assert page.text("#trial-title") == "Trial 41, rank 1 of 71"
    assert page.parameters()[:4] == short(cube.best())
    assert "72 trials over 4 parameters, 3 folds, 1 without" in page.text("#summary")


@pytest.mark.slow
def test_sliders_move_the_cut_through_the_cube(study):
    cube, page = study
    page.view("heat")
    values = cube.values().values
    np.testing.assert_allclose(page.shown(), values[:, :, 1, 1].T, rtol=1e-5)
    page.press("#slider-2", Keys.ARROW_LEFT)
    page.press("#slider-3", Keys.ARROW_RIGHT)
    np.testing.assert_allclose(page.shown(), values[:, :, 0, 2].T, rtol=1e-5)
    outputs = page.driver.find_elements("css selector", "#sliders output")
    assert [output.text for output in outputs] == ["1", "0.5"]


@pytest.mark.slow
def test_gradient_spread_and_other_metrics_are_shown(study):
    cube, page = study
    page.view("heat")
    page.choose("#quantity", "gradient")
    page.choose("#metric", "roc_auc")
    place = [page.run(f"return state.cut[{k}]") for k in (2, 3)]
    expected = cube.gradient("roc_auc").values[:, :, place[0], place[1]].T
    np.testing.assert_allclose(page.shown(), expected, rtol=1e-5)
    page.choose("#metric", "accuracy")
    page.choose("#quantity", "spread")
    expected = cube.std().values[:, :, place[0], place[1]].T
    np.testing.assert_allclose(page.shown(), expected, rtol=1e-5)
    page.choose("#quantity", "quality")


@pytest.mark.slow
def test_a_click_on_a_cell_opens_its_trial(study):
    cube, page = study
    page.find("#best").click()
    page.view("heat")
    page.click_on(2, 3)
    page.wait_for("#trial-title", "Trial 71,")
    trial = cube.best() | {
        "network__module__conv1_filter_size": 3,
        "network__module__conv1_n_filters": 24,
    }
    assert page.parameters()[:4] == short(trial)
    part = cube.dataset.sel(trial)
    assert page.parameters()[4] == f"{int(part['n_parameters'][0]):,}"
    scores = page.find("#trial-scores tbody tr td").text
    assert float(scores) == pytest.approx(float(part["accuracy"].mean()), rel=1e-3)
    assert page.text("#trial-network").count("24 filters") == 2
    drawn = page.run("return document.getElementById('history').data.map(t => t.name)")
    assert drawn == ["train spread", "train", "valid spread", "valid"]
    assert check_matrix(page, cube.confusion(by="event", **trial))
    page.choose("#trial-course", "accuracy")
    lines = "return document.getElementById('history').data.map(trace => trace.y)"
    expected = part["train_accuracy"].mean("fold")
    np.testing.assert_allclose(page.run(lines)[1], expected, rtol=1e-5)
    page.choose("#trial-course", "loss")


def check_matrix(page, counts):
    """Compare the matrix on the page with counts, predicted classes upwards."""
    rows = page.driver.find_elements("css selector", "#trial-matrix tbody tr")[:4]
    cells = [row.find_elements("css selector", "td") for row in rows]
    cells = [[cell.text for cell in row] for row in cells]
    shown = [[int(text.split("\n")[1]) for text in row[:3]] for row in cells[1:4]]
    np.testing.assert_array_equal(shown[::-1], counts.to_numpy().T)
    right = np.diag(counts)
    recall = [f"{value:.1f}" for value in 100 * right / counts.sum(axis=1)]
    precision = [f"{value:.1f}" for value in 100 * right / counts.sum(axis=0)]
    accuracy = f"{100 * right.sum() / counts.to_numpy().sum():.1f}"
    assert cells[0] == [*recall, accuracy]
    return [row[3] for row in cells[1:4]][::-1] == precision


@pytest.mark.slow
def test_matrices_are_shown_by_fold_and_by_event(study):
    cube, page = study
    page.find("#best").click()
    page.choose("#trial-matrix-kind", "event")
    page.choose("#trial-fold", "2")
    assert check_matrix(page, cube.confusion(by="event", fold=2))
    page.choose("#trial-matrix-kind", "record")
    page.choose("#trial-fold", "all")
    assert check_matrix(page, cube.confusion())
    names = page.find("#trial-matrix tr:last-child").text
    assert [name.replace("_", " ") in names for name in CLASSES] == [True] * 3


@pytest.mark.slow
def test_the_cube_turns_and_a_click_on_a_point_opens_its_trial(study):
    _, page = study
    page.view("cube")
    left, top, width, height = page.box("#plot canvas")
    x, y = left + width / 2, top + height / 2
    before = page.run(EYE)
    page.drag((x, y), (x + 90, y))
    assert abs(page.run(EYE) - before) > 0.1
    for _ in range(3):  # on a busy machine a scene may miss what is under the pointer
        left, top, trial = page.run(NEAREST)
        page.hold_at(left, top)
        with suppress(TimeoutException):
            page.wait_for("#trial-title", f"Trial {trial + 1},")
            break
        page.release()
    assert page.text("#trial-title").startswith(f"Trial {trial + 1},")
    page.release()


@pytest.mark.slow
def test_the_table_sorts_and_opens_trials_by_mouse_and_keyboard(study):
    cube, page = study
    page.view("table")
    page.find("#sort-n_parameters").click()
    page.find("#sort-n_parameters").click()
    sizes = page.driver.find_elements("css selector", "#table tbody tr td:nth-child(9)")
    shown = [int(cell.text.replace(",", "")) for cell in sizes]
    expected = cube.dataset["n_parameters"].mean("fold").values.ravel()
    assert shown == sorted(expected)
    page.find("#table tr[data-trial='5'] td:nth-child(2)").click()
    assert page.text("#trial-title") == "Trial 6, no result"
    assert page.text(".error") == FAILURE
    page.press("#table tr[data-trial='7'] button", Keys.ENTER)
    assert page.text("#trial-title").startswith("Trial 8, rank ")


@pytest.mark.slow
def test_trials_are_walked_through_by_rank(study):
    cube, page = study
    order = np.argsort(-cube.values().values, axis=None)
    page.find("#best").click()
    for trial in order[1:3]:
        page.find("#next").click()
        assert page.text("#trial-title").startswith(f"Trial {trial + 1},")
    page.find("#previous").click()
    assert page.text("#trial-title") == f"Trial {order[1] + 1}, rank 2 of 71"


@pytest.mark.slow
def test_a_range_on_an_axis_chooses_trials_for_the_table(study):
    _, page = study
    page.view("parallel")
    left, top, width, height = page.box("#plot .axis-brush", 1)
    x, bottom = left + width / 2, top + height
    page.drag((x, bottom - 0.2 * height), (x, bottom - 0.01 * height))
    assert "of 71 trials chosen" in page.text("#hint")
    page.view("table")
    rows = page.driver.find_elements("css selector", "#table tbody tr td:nth-child(3)")
    assert {cell.text for cell in rows} == {"4"}
    assert page.text("#hint").startswith("17 of 71 trials chosen")
    page.view("parallel")
    assert "chosen by" not in page.text("#hint")
    page.view("table")
    assert page.run("return document.querySelectorAll('#table tbody tr').length") == 72


@pytest.mark.slow
def test_the_page_follows_the_colours_of_the_system(study):
    _, page = study
    page.view("heat")
    seen = set()
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        time.sleep(0.3)
        ink = page.run("return document.getElementById('plot').layout.font.color")
        seen.add((page.find("body").value_of_css_property("background-color"), ink))
    assert len(seen) == 2
    assert len({ink for _, ink in seen}) == 2
    assert page.complaints() == []
