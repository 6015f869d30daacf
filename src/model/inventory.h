// What was found at a location: data only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/loss.h"
#include "model/table_name.h"
#include "model/type.h"

namespace sluice {

// Values of a column that its type, as sluice reads it, cannot carry: found by a survey. The column
// travels when the user accepts `accept`: kAsText as text, any other in its own type.
struct Hazard {
  std::string kind;     // "mixed_types", "out_of_range", "ragged_array", ...
  std::string message;  // what, how many, an example
  std::uint64_t values = 0;
  LossReason accept = LossReason::kAsText;
};

// What a column's type is to the system that declared it.
struct OwnType {
  std::string name;        // as the system's DDL spells it, "public.mood[]"; "": means nothing
                           // elsewhere
  std::string base;        // a key of Inventory::own_types, "public.mood"
  std::string definition;  // what it is made of; "" for one that every database of the system has
  std::string reason;      // why it is another type in other systems; "" where it may be the same
  bool says_more = false;  // than Column::type
  // The type in which its values go from one database of the system to another.
  Type carrier;
};

struct Column {
  std::string name;
  // The type in which the column is read. A reader is told by it: a table whose column is changed
  // to kText here is read with that column's own text.
  Type type;
  bool nullable = true;
  std::optional<std::string> default_sql;  // in the dialect of the system that it was found in
  std::string comment;
  std::vector<Hazard> hazards;  // values that the type cannot carry
  // The least and the greatest value as text, where a survey looked; NULL: no value at all.
  std::optional<std::pair<std::optional<std::string>, std::optional<std::string>>> extremes =
      std::nullopt;
  bool declared =
      false;  // type.native_name, "" too, is what the system's own DDL can declare again
  std::optional<OwnType> own_type = std::nullopt;  // where the system tells
  bool generated = false;                          // computed by the system from other columns
  bool identity = false;  // a number that the system hands out (serial, identity, autoincrement)

  // Whether only its text can be read whole.
  bool needs_text() const {
    return !is_known(type) || std::any_of(hazards.begin(), hazards.end(), [](const Hazard& hazard) {
      return hazard.accept == LossReason::kAsText;
    });
  }
};

enum class KeyKind { kPrimary, kUnique };

struct Key {
  KeyKind kind = KeyKind::kPrimary;
  std::string name;  // "" where the system keeps none
  std::vector<std::string> columns;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  TableName target;
  std::vector<std::string> target_columns;
  std::string on_delete;  // "", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT"
  std::string on_update;
  std::string timing = "";  // "", "DEFERRABLE", "DEFERRABLE INITIALLY DEFERRED"
  // Rows that refer to none, where the system lets them in and a survey looked.
  std::uint64_t orphans = 0;
};

struct Index {
  std::string name;
  std::vector<std::string> columns;  // empty where it is over expressions or partial
  bool unique = false;
  std::string definition;  // the system's own CREATE INDEX
  // What follows the table's name in it, where that says more than the columns: "(a DESC)".
  std::string body = "";
  bool body_repeats = false;  // another database of the system can be given `body` as it is
  std::vector<std::string> uses = {};  // columns, those in expressions too; where `body` is set
};

struct Check {
  std::string name;
  std::string expression_sql;
};

struct Sequence {
  std::string name;
  std::string owned_by_column;  // "" for a free one
  std::int64_t next_value = 1;
  std::int64_t increment = 1;
};

// What stands on a table and is no part of it: a view that reads it, a trigger, another table's
// foreign key. Filled as far as the system can tell.
struct Dependent {
  std::string words;   // view "public.v", trigger "t"
  TableName relation;  // the table or view that it belongs to; the table's own for triggers
  bool blocks_replace = false;  // it would be left behind with the old table: publish refuses
  bool blocks_drop = false;     // the system does not drop the table as long as it is there
};

struct Table {
  TableName name;
  std::vector<Column> columns;
  std::vector<Key> keys;
  std::vector<ForeignKey> foreign_keys;
  std::vector<Index> indexes;
  std::vector<Check> checks;
  std::vector<Sequence> sequences;
  std::vector<Dependent> dependents;
  std::string comment;
  std::optional<std::uint64_t> rows;  // exact where the system keeps it or it was counted
  std::optional<std::uint64_t> bytes;
  bool is_view = false;
  std::string view_sql;    // the system's own definition, views only
  std::string native_ddl;  // CREATE TABLE as the system keeps it, "" where it does not

  const Column* find_column(const std::string& column) const {
    for (const Column& c : columns) {
      if (c.name == column) return &c;
    }
    return nullptr;
  }
};

// A fact that a user has to know: something that cannot be carried, or a danger in the values.
struct Finding {
  std::string kind;    // "view_not_carried", "index_not_carried", "nan", "mixed_types", ...
  std::string object;  // table or table.column
  std::string message;
};

struct Inventory {
  std::string endpoint;  // "duckdb", "sqlite", ...
  std::string version;   // the system's own
  std::vector<Table> tables;
  std::vector<Sequence> free_sequences;
  std::vector<Finding> findings;
  // Types that somebody made: name to OwnType::definition.
  std::map<std::string, std::string> own_types;
  // Changes whenever the content may have: what resume compares. "" where there is none.
  std::string fingerprint;
};

}  // namespace sluice
