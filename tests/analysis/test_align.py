from hypothesis import given
from hypothesis import strategies as st

from confusionflow.analysis import Cube, align

class_lists = st.lists(st.lists(st.sampled_from("abcdefg"), unique=True), max_size=4)


def test_data_sets_with_other_classes_are_matched_by_name_not_by_position() -> None:
    aligned = align([["cat", "dog"], ["dog", "fox", "cat"]])
    assert aligned.classes == ("cat", "dog", "fox")
    matrix = [[[4, 1, 0], [0, 5, 2], [3, 0, 6]]]  # dog, fox, cat
    common = Cube.from_dense([0], matrix).relabel(aligned.index_maps[1], 3)
    assert common.dense()[0].tolist() == [[6, 3, 0], [0, 4, 1], [2, 0, 5]]
    assert aligned.missing(0) == ("fox",)
    assert aligned.missing(1) == ()


@given(class_lists)
def test_every_name_keeps_its_name(lists: list[list[str]]) -> None:
    aligned = align(lists)
    assert sorted(aligned.classes) == sorted(set().union(*lists))
    for names, index_map in zip(lists, aligned.index_maps, strict=True):
        assert [aligned.classes[index] for index in index_map] == names
    if lists:
        assert aligned.classes[: len(lists[0])] == tuple(lists[0])
