"""Files of data sets that look alike, each with the header or keys that it was published with: right rows, or a right
sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from engine.errors import SourceError
from engine.sources import read_annotations
from engine.sources.dataset_index import read_dataset_index
from engine.sources.known import FOREIGN, READ, csv_kind

if TYPE_CHECKING:
    from pathlib import Path

    from engine.sources.types import Segment

EGO = "bee9f31c-ac78-11ee-819f-80615f12b59e"

EPIC_100 = (
    "narration_id,participant_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,start_frame,stop_frame,"
    "narration,verb,verb_class,noun,noun_class,all_nouns,all_noun_classes"
)

EPIC_55 = (
    "uid,participant_id,video_id,narration,start_timestamp,stop_timestamp,start_frame,stop_frame,verb,verb_class,"
    "noun,noun_class,all_nouns,all_noun_classes"
)

EGO_EXO = (
    "annotation_id,start_sec,end_sec,narration_ch,narration_en,narration_en_hand_prompt,narration_en_no_hand_prompt,"
    "verb,noun,scenario,video_uid"
)


def write(folder: Path, text: str, name: str = "annotations.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def said(segment: Segment) -> tuple[str, float, float, str, str, str]:
    return (segment.video_name, segment.start_s, segment.end_s, segment.narration, segment.verb, segment.noun)


@pytest.mark.parametrize(
    ("header", "row", "title", "segment"),
    [
        (
            "annotation_id,participant_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,description,class,class_id",
            "P01_01_0,P01,P01_01,00:00:02.466,00:00:05.315,59184,127560,paper rustle,rustle,4",
            "EPIC-SOUNDS",
            ("P01_01", 2.466, 5.315, "paper rustle", "", ""),
        ),
        (
            "annotation_id,participant_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,description",
            "P01_01_NC_0,P01,P01_01,00:00:05.924,00:00:08.315,142176,199560,clang / clatter",
            "EPIC-SOUNDS",
            ("P01_01", 5.924, 8.315, "clang / clatter", "", ""),
        ),
        (
            "annotation_id,participant_id,video_id,start_timestamp,stop_timestamp",
            "P02_106_0,P02,P02_106,00:00:03.855,00:00:04.142",
            "EPIC-SOUNDS",
            ("P02_106", 3.855, 4.142, "", "", ""),
        ),
        (
            "participant_id,video_id,start_timestamp,stop_timestamp,start_sample,stop_sample,class,class_id",
            "P01,P01-20240202-110250,00:00:00.476,00:00:02.520,22848,120960,rustle,4",
            "EPIC-SOUNDS",
            ("P01-20240202-110250", 0.476, 2.52, "rustle", "", ""),
        ),
        (
            EPIC_100,
            "P01_11_0,P01,P01_11,00:00:00.560,00:00:00.00,00:00:01.89,1,113,take plate,take,0,plate,2,['plate'],[2]",
            "EPIC-KITCHENS-100",
            ("P01_11", 0.0, 1.89, "take plate", "take", "plate"),
        ),
        (
            EPIC_55,
            "0,P01,P01_01,open door,00:00:00.14,00:00:03.37,8,202,open,2,door,8,['door'],[8]",
            "EPIC-KITCHENS-55",
            ("P01_01", 0.14, 3.37, "open door", "open", "door"),
        ),
        (
            "participant_id,video_id,start_timestamp,stop_timestamp,narration",
            "P30,P30_06,00:00:07.529,00:00:08.570,open fridge",
            "EPIC-KITCHENS-55 narrations",
            ("P30_06", 7.529, 8.57, "open fridge", "", ""),
        ),
        (
            "video_id,annotation_id,start_sec,end_sec,verb,noun,scenario",
            f'{EGO},8GzNIsjC,298.4,313.1,"[17, 52, 62]","[268, 391]",kitchen',
            "EgoExoLearn",
            (EGO, 298.4, 313.1, "", "", ""),
        ),
        (
            "video_uid,annotation_id,subset,view,scene,start_sec,end_sec",
            f"{EGO},08bByaz9,test,ego,kitchen,240.6,241.8",
            "EgoExoLearn",
            (EGO, 240.6, 241.8, "", "", ""),
        ),
        (
            EGO_EXO,
            f'hIOL2zPZ,0.0,20.0,左手,Slice the meat.,The hand slices.,Slice.,"[17, 52]",[],kitchen,{EGO}',
            "EgoExoLearn",
            (EGO, 0.0, 20.0, "Slice the meat.", "", ""),
        ),
        (
            "video_uid\tvideo_dur\tnarration_source\tnarration_ind\tnarration_time\tclip_start\tclip_end\tclip_text\ttag_verb\ttag_noun",
            f"{EGO}\t100\tnarration_pass_1\t0\t3.3\t2.9\t3.7\t#C C opens a door\t[93]\t[115]",
            "EgoClip",
            (EGO, 2.9, 3.7, "#C C opens a door", "", ""),
        ),
        (
            "video,start_s,end_s,label,verb,noun",
            "walk.mp4,1,2,pick 3 cups,12,[4]",
            "plain CSV",
            ("walk.mp4", 1.0, 2.0, "pick 3 cups", "", ""),
        ),
    ],
)
def test_a_published_header_is_read_as_its_data_set(
    tmp_path: Path, header: str, row: str, title: str, segment: tuple[str, float, float, str, str, str]
) -> None:
    annotations = read_annotations(write(tmp_path, f"{header}\n{row}\n"))
    assert (annotations.format, annotations.problems) == (title, ())
    assert [said(found) for found in annotations.segments] == [segment]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("noun_class,noun,participant_id,video_id,frame,bounding_boxes", "EPIC-KITCHENS-55's list of objects"),
        ("id,key,instances,category", "a list of EPIC-KITCHENS verb or noun classes"),
        ("verb_id,class_key,verbs", "a list of EPIC-KITCHENS verb or noun classes"),
        ("narration_id,narration", "list of sentences: it gives no times"),
        ("video_id,duration,fps,resolution", "the list of EPIC-KITCHENS videos"),
        ("video,resolution,duration,fps", "the list of EPIC-KITCHENS videos"),
        ("video_uid,duration_sec,canonical_s3_location", "an Ego4D manifest"),
        ("id,subject,scene,quality,relevance,verified,script,objects,descriptions,actions,length,egocentric,charades_video",
         "many actions in one cell"),
        ("id,video,start_frame,end_frame,action_id,verb_id,noun_id,action_cls", "in frames, not seconds"),
        ("video_id,action_id,action_name,start_frame,end_frame", "in frames, not seconds"),
        ("left_clip,right_clip,label,annotator", "handpicked labels import"),
        ("worker,left,right,label", "handpicked labels import"),
        ("clip_id,gain,gain_std", "handpicked gains import"),
    ],
)  # fmt: skip
def test_a_file_without_segments_is_told_what_it_is_and_the_way_out(tmp_path: Path, header: str, sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        read_annotations(write(tmp_path, header + "\n" + ",".join("1" for _ in header.split(",")) + "\n"))
    assert caught.value.remedy


def test_no_header_of_the_table_hides_a_later_one() -> None:
    for place, kind in enumerate(READ):
        assert csv_kind(kind.columns) is kind, f"row {place} can never be found"
    assert all(csv_kind(foreign.columns) is None for foreign in FOREIGN)


@pytest.mark.parametrize(
    ("name", "header", "row"),
    [
        ("EPIC_video_info.csv", "video,resolution,duration,fps", "P01_01,1920x1080,10.5,59.94"),
        ("EPIC_100_video_info.csv", "video_id,duration,fps,resolution", "P01_01,10.5,59.94,1920x1080"),
    ],
)
def test_the_list_of_lengths_of_both_epic_kitchens_is_used(tmp_path: Path, name: str, header: str, row: str) -> None:
    write(tmp_path, f"{header}\n{row}\n", name)
    listed = read_dataset_index(tmp_path / "EPIC_train_action_labels.csv", "epic")
    assert {key: video.duration_s for key, video in listed.videos.items()} == {"P01_01": 10.5}
    assert listed.problems == ()


def test_a_list_of_lengths_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "name,length\nP01_01,10.5\n", "EPIC_video_info.csv")
    listed = read_dataset_index(tmp_path / "EPIC_train_action_labels.csv", "epic")
    assert listed.videos == {}
    assert "EPIC_video_info.csv" in listed.problems[0].reason
    assert "lacks video_id, duration" in listed.problems[0].reason


def video(**keys: object) -> dict[str, object]:
    return {"video_uid": EGO, **keys}


def in_clip(**keys: object) -> dict[str, object]:
    return video(clips=[{"clip_uid": "c", "annotations": [keys]}])


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"videos": [video(step_segments=[{"step_description": "cut"}])]}, "of the test videos: .* no times"),
        ({"videos": [in_clip(language_queries=[])]}, "natural-language queries"),
        ({"videos": [in_clip(query_sets={})]}, "visual queries"),
        ({"videos": [video(annotated_intervals=[{"narrated_actions": []}])]}, "hands and objects"),
        ({"version": "v2", "split": "train", "clips": [{"video_uid": EGO, "action_clip_start_sec": 1, "verb": "cut"}]},
         "long-term anticipation"),
        ({"clips": [{"video_uid": EGO, "parent_pnr_sec": 1}]}, "state changes"),
        ({"videos": [video(clips=[{"clip_uid": "c", "persons": [], "transcriptions": []}])]}, "speech"),
        ({"videos": [video(duration_sec=5, video_metadata={})]}, "list of videos"),
        ({"annotations": {"take": {"segments": []}}, "taxonomy": {}}, "Ego-Exo4D"),
        ([{"take_uid": "t", "take_name": "n"}], "Ego-Exo4D"),
        ({"info": {}, "video_annotations": []}, "VISOR"),
        ([{"video_name": "v", "events": []}], "HoloAssist"),
        ({"info": {}, "images": [], "annotations": []}, "COCO"),
        ({"hello": [1, 2]}, "no Ego4D annotation file that is known"),
    ],
)  # fmt: skip
def test_a_json_that_is_not_read_is_told_what_it_is_and_what_to_use(
    tmp_path: Path, document: object, sentence: str
) -> None:
    with pytest.raises(SourceError, match=sentence) as caught:
        read_annotations(write(tmp_path, json.dumps(document), "a.json"))
    assert "goalstep_*" not in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("wrapped", [True, False])
def test_all_videos_of_a_json_are_looked_at_and_a_bare_list_is_read_as_well(tmp_path: Path, wrapped: bool) -> None:
    empty = [video(clips=[]) for _ in range(150)]
    step = {"start_time": 1.0, "end_time": 2.0, "step_description": "cut"}
    label = {"label": "wash_dishes", "video_start_time": 1.5, "video_end_time": 9.25, "primary": True}
    for last, title in [
        (video(segments=[step]), "Ego4D goal steps"),
        (in_clip(labels=[label]), "Ego4D moments"),
    ]:
        videos = [*empty, last]
        annotations = read_annotations(write(tmp_path, json.dumps({"videos": videos} if wrapped else videos), "a.json"))
        assert (annotations.format, len(annotations.segments)) == (title, 1)
    with pytest.raises(SourceError, match="natural-language queries"):
        read_annotations(write(tmp_path, json.dumps({"videos": [*empty, in_clip(language_queries=[])]}), "a.json"))
