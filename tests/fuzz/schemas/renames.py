"""Renames that are said to the program: --rename kind:old=new."""
from kinds_code import Aggregate, Function, Policy, Procedure, Routine, Rule, Trigger, TriggerFunction
from kinds_other import BaseType, Configuration, Conversion, Dictionary, ForeignServer, ForeignTable, Language, Parser, Template, Wrapper
from kinds_parts import Check, Exclusion, ForeignKey, Index, Key, Statistics
from kinds_server import EventFunction, EventTrigger, Publication
from kinds_tables import Partition, Sequence, Table
from kinds_types import Collation, Composite, Domain, Enum, Range, Schema, free_name
from kinds_views import MatView, View
from model import Item
from words import quote

WORDS = {
    Schema: "schema", Table: "table", Partition: "table", View: "view", MatView: "materialized_view", Sequence: "sequence",
    Enum: "enum", Composite: "type", Domain: "domain", Range: "range", BaseType: "base_type", Collation: "collation",
    Function: "function", TriggerFunction: "function", EventFunction: "function", Procedure: "function", Aggregate: "aggregate",
    Statistics: "statistics", ForeignTable: "foreign_table", ForeignServer: "server", Wrapper: "foreign_data_wrapper",
    EventTrigger: "event_trigger", Publication: "publication", Dictionary: "text_search_dictionary",
    Configuration: "text_search_configuration", Parser: "text_search_parser", Template: "text_search_template",
    Conversion: "conversion", Language: "language", Index: "index",
}
PARTS = {Key: "constraint", Check: "constraint", ForeignKey: "constraint", Exclusion: "constraint", Trigger: "trigger",
         Policy: "policy", Rule: "rule"}


def within(dice):
    """A column, an attribute or a value of an enum gets another name."""
    def change(world):
        item = dice.pick(world.of(Table, Composite, ForeignTable, Enum))
        if isinstance(item, Enum):
            at = dice.randrange(len(item.labels))
            item.labels[at] = dice.choice([f"{item.labels[at][:50]}'{world.number()}", *{""}.difference(item.labels)])
            return True
        columns = getattr(item, "own", None) if isinstance(item, Table) else getattr(item, "columns", None)
        if not columns:
            return False
        column = dice.choice(columns)
        column.name = free_name(world, dice, columns)
        return True
    return change


def _moved(world, item, to):
    """What it is to be called: with the schema where that is another one."""
    there = to.items[item.id]
    if item.schema is None or there.schema == item.schema:
        return quote(there.name)
    return Item.ident(there, to)


def _columns(item):
    if isinstance(item, Table):
        return item.own
    return item.columns if isinstance(item, (Composite, ForeignTable)) else []


def _known(item, there):
    """A routine is known by its types without what stands behind them: numeric(10,2) is numeric. One of other types is another."""
    if not isinstance(item, Routine):
        return True
    bases = [type_.base or "" for type_ in item.signature()]
    return item.signature() == there.signature() and not any("(" in base or " to " in base for base in bases)


def _renamed_columns(item, old, there, new):
    theirs = {column.id: column.name for column in there.columns(new)}
    return {column.name: theirs[column.id] for column in item.columns(old) if column.id in theirs}


def _one_way(old, new):
    said, kept = [], {}
    for item in old.items.values():
        there = new.get(item.id)
        if there is None:
            if isinstance(item, Table) and item.root(old).id in new.items:  # its rows may be looked for in those of its whole
                kept[item.ident(old)] = None, _renamed_columns(item, old, new.items[item.root(old).id], new)
            continue
        if type(item) in PARTS and item.name != there.name and item.table in old.items:
            said.append(f"{PARTS[type(item)]}:{old.items[item.table].ident(old)}.{quote(item.name)}={quote(there.name)}")
        if type(item) in WORDS and (item.name, item.schema) != (there.name, there.schema) and _known(item, there):
            said.append(f"{WORDS[type(item)]}:{item.ident(old)}={_moved(old, item, new)}")
        if isinstance(item, Table):
            kept[item.ident(old)] = there.ident(new), _renamed_columns(item, old, there, new)
        theirs = {column.id: column for column in _columns(there)}
        for column in _columns(item):
            if column.id in theirs and theirs[column.id].name != column.name:
                said.append(f"column:{item.ident(old)}.{column.quoted()}={theirs[column.id].quoted()}")
        if isinstance(item, Enum) and len(item.labels) == len(there.labels):
            said += [f"value:{item.ident(old)}.{quote(was)}={quote(now)}" for was, now in zip(item.labels, there.labels)
                     if was != now and now not in item.labels and was not in there.labels]
    return [f"--rename={text}" for text in said], kept


def said(old, new):
    """For each way: the options, and the tables that have to stay: what they are called, and their columns."""
    there, back = _one_way(old, new), _one_way(new, old)
    return {"old -> new": there[0], "new -> old": back[0]}, {"old -> new": there[1], "new -> old": back[1]}
