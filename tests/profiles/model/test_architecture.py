import pytest
from hypothesis import given

import strategies
import written_files
from recplan.profiles import Architecture, EmbeddingTables, UnknownNameError, read_architecture
from recplan.profiles.model.model_file import builtin_architecture, builtin_architectures
from toml_models import toml_of
from written_files import written

TABLES = "tables = [{ rows = 10, dim = 8, lookups = 2 }]\n"
TOP = "top_fc = [1]\n"
BEHAVIOURS = "tables = [{ count = 5, rows = 10, dim = 8, lookups = 1, role = 'behaviour' }]\n"


def architecture_of(folder, text):
    return read_architecture(written(folder, text, "model.toml"))


def complaint_about(folder, text):
    return written_files.complaint_about(written(folder, text, "model.toml"), read_architecture)


@given(architecture=strategies.architectures())
def test_a_model_file_reads_back_what_was_written(folder, architecture):
    assert architecture_of(folder, toml_of(architecture)) == architecture


@pytest.mark.parametrize(("model", "preset"), builtin_architectures())
def test_every_built_in_architecture_is_valid(model, preset):
    assert builtin_architecture(model, preset).name == model


def test_an_unknown_built_in_model_or_preset_is_answered_with_those_that_exist():
    with pytest.raises(UnknownNameError, match=r"model\(='dim'\).*did you mean 'din'"):
        builtin_architecture("dim")
    with pytest.raises(UnknownNameError, match=r"there are: repository, as-run, paper"):
        builtin_architecture("din", "sla")


def test_tables_take_what_they_do_not_say_from_the_model(folder):
    text = "embedding_dim = 16\nlookups = 3\ntables = [{ rows = 10 }, { rows = 20, dim = 8 }]\n"
    assert architecture_of(folder, text + TOP).tables == (
        EmbeddingTables(count=1, rows=10, dim=16, lookups=3),
        EmbeddingTables(count=1, rows=20, dim=8, lookups=3),
    )


def test_a_model_is_called_as_its_file_unless_it_says_otherwise(folder):
    assert architecture_of(folder, TABLES + TOP).name == "model"
    assert architecture_of(folder, "name = 'mine'\n" + TABLES + TOP).name == "mine"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            TABLES + TOP + "topfc = [2]\n",
            ", line 3, key 'topfc': is not known; there are: name, dense_features, interaction, "
            "concat_width, tasks, last_activation, bottom_fc, interaction_fc, attention_fc, top_fc, task_fc, "
            "embedding_dim, lookups, tables, recurrent; did you mean 'top_fc'?",
        ),
        (TABLES, ": top_fc(=[]) must have at least one layer, unless task_fc has"),
        (TABLES + "top_fc = [0]\n", ", line 2, key 'top_fc': top_fc(=0) must be a whole number >= 1"),
        (TABLES + "top_fc = 64\n", ", line 2, key 'top_fc': top_fc(=64) must be a list of whole numbers"),
        (TOP + "tables = 3\n", ", line 2, key 'tables': tables(=3) must be a list of tables: tables = [{ … }]"),
        (TOP + "tables = [3]\n", ", line 2, key 'tables': tables(=[3]) must be a list of tables: tables = [{ … }]"),
        (TOP + "tables = [{ dim = 8, lookups = 1 }]\n", ", line 2, key 'tables[1].rows': is missing"),
        (
            TOP + "tables = [{ rows = 10, lookups = 1 }]\n",
            ", line 2, key 'tables[1].dim': is missing, and so is embedding_dim, which would serve all tables",
        ),
        (
            TOP + "embedding_dim = 1.5\ntables = [{ rows = 10, lookups = 1 }]\n",
            ", line 2, key 'embedding_dim': embedding_dim(=1.5) must be a whole number >= 1",
        ),
        (
            TOP + "embedding_dim = 8\nlookups = 1\ntables = [{ rows = 10 }, { rows = -1 }]\n",
            ", line 4, key 'tables[2].rows': rows(=-1) must be a whole number >= 1",
        ),
        (
            TOP + "tables = [{ rows = 10, dim = 8, lookups = 1, role = 'user' }]\n",
            ", line 2, key 'tables[1].role': role(='user') is not known; there are: feature, factor, behaviour, "
            "candidate",
        ),
        (
            TOP + "tables = [{ rows = 10, width = 8 }]\n",
            ", line 2, key 'tables[1].width': is not known; there are: count, rows, dim, lookups, vectors, role",
        ),
        (TOP, ": tables(=[]) must include one that is not a factor, unless there are dense_features"),
        (
            TABLES + TOP + "concat_width = 9\n",
            ", line 3, key 'concat_width': concat_width(=9) must be 8, the sum of 8",
        ),
        (
            TOP + "concat_width = 9\ntables = [{ count = 9, rows = 1, dim = 8, lookups = 1 }]\n",
            ", line 2, key 'concat_width': concat_width(=9) must be 72, the sum of 8 + 8 + 8 + 8 + 8 + 8 + … (9 "
            "vectors)",
        ),
        (
            TABLES + TOP + "dense_features = 8\ninteraction = 'sum'\nconcat_width = 16\n",
            ", line 5, key 'concat_width': concat_width(=16) is for interaction = 'concat'",
        ),
        (
            TABLES + TOP + "dense_features = 13\ninteraction = 'dot'\n",
            ", line 4, key 'interaction': interaction(='dot') joins at least two vectors of one width, and these are "
            "13 + 8 wide",
        ),
        (
            TABLES + TOP + "interaction = 'product'\n",
            ", line 3, key 'interaction': interaction(='product') is not known; there are: concat, sum, dot",
        ),
        (
            TABLES + TOP + "bottom_fc = [8]\n",
            ", line 3, key 'bottom_fc': bottom_fc(=[8]) needs dense_features >= 1",
        ),
        (TABLES + TOP + "tasks = 2\n", ", line 3, key 'tasks': tasks(=2) needs task_fc, the layers of one task"),
        (
            BEHAVIOURS + TOP,
            ", line 1, key 'tables': tables(=['behaviour']) need attention_fc or recurrent, which is what behaviours "
            "go through",
        ),
        (
            TABLES + TOP + "attention_fc = [8]\n",
            ", line 1, key 'tables': tables(=['feature']) must include a 'behaviour', which attention_fc and recurrent "
            "work on",
        ),
        (
            BEHAVIOURS + TOP + "attention_fc = [8]\n",
            ", line 1, key 'tables': tables(=['behaviour']) must include one 'candidate', of count 1, for attention_fc",
        ),
        (
            BEHAVIOURS + TOP + "attention_fc = [8]\nrecurrent = [{ hidden = 8 }]\n",
            ", line 3, key 'attention_fc': attention_fc(=[8]) must be left out where recurrent is given",
        ),
        (BEHAVIOURS + TOP + "recurrent = [{ cell = 'rnn' }]\n", ", line 3, key 'recurrent[1].hidden': is missing"),
        (
            BEHAVIOURS + TOP + "recurrent = [{ hidden = 8, cell = 'lstm' }]\n",
            ", line 3, key 'recurrent[1].cell': cell(='lstm') is not known; there are: rnn, gru",
        ),
        (
            BEHAVIOURS + TOP + "recurrent = [{ hidden = 8, attention = 1 }]\n",
            ", line 3, key 'recurrent[1].attention': attention(=1) must be of type bool, not int",
        ),
        (
            BEHAVIOURS + TOP + "recurrent = [{ hidden = 8, attention = true }]\n",
            ", line 3, key 'recurrent': recurrent(=[True]) must have no attention after its last layer, which "
            "gives one state",
        ),
        ("name = 3\n" + TABLES + TOP, ", line 1, key 'name': name(=3) must be of type str, not int"),
    ],
)
def test_a_complaint_about_a_model_file_names_the_key_and_the_reason(folder, text, complaint):
    assert complaint_about(folder, text) == complaint


def test_tables_of_behaviours_or_factors_must_be_of_one_width():
    for role, keys in (("behaviour", {"attention_fc": [8]}), ("factor", {})):
        tables = [EmbeddingTables(1, 10, dim, 1, role=role) for dim in (8, 16)]
        candidate = EmbeddingTables(1, 10, 8, 1, role="candidate")
        with pytest.raises(ValueError, match=rf"tables\(=\[8, 16\]\) must have the same dim where they are {role}"):
            Architecture("m", [*tables, candidate], top_fc=[1], **keys)


def test_the_candidate_must_be_as_wide_as_the_behaviours_that_it_is_compared_with():
    tables = [EmbeddingTables(1, 10, 8, 1, role="behaviour"), EmbeddingTables(1, 10, 16, 1, role="candidate")]
    with pytest.raises(ValueError, match=r"\[8, 16\]\) must have the same dim where they are behaviour and candidate"):
        Architecture("m", tables, attention_fc=[8], top_fc=[1])
