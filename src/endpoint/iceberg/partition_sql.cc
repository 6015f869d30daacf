#include "endpoint/iceberg/partition_sql.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/iceberg/equality_deletes.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

constexpr std::int64_t kMicrosPerHour = kMicrosPerDay / 24;

// Rounds down, before 1970 too; the engine's own division of integers rounds to zero.
std::string floor_by(const std::string& number, std::int64_t unit) {
  return fmt::format("(({0} - (({0} % {1}) + {1}) % {1}) // {1})", number, unit);
}

std::string transformed(const Transform& transform, const ColumnType& type,
                        const std::string& column) {
  if (transform.kind == TransformKind::kIdentity) return column;
  // Instants are UTC's, whatever zone the engine is set to.
  const bool is_instant = type.id == TypeId::kTimestampTz || type.id == TypeId::kTimestampTzNs;
  const std::string plain =
      is_instant ? fmt::format("make_timestamp(epoch_us({}))", column) : column;
  const std::string micros = fmt::format("epoch_us({})", plain);
  switch (transform.kind) {
    case TransformKind::kYear:
      return fmt::format("(year({}) - 1970)", plain);
    case TransformKind::kMonth:
      return fmt::format("((year({0}) - 1970) * 12 + month({0}) - 1)", plain);
    case TransformKind::kDay:
      return type.id == TypeId::kDate ? column : fmt::format("CAST({} AS DATE)", plain);
    case TransformKind::kHour:
      return floor_by(micros, kMicrosPerHour);
    default:
      return "";
  }
}

}  // namespace

std::vector<PartitionTerm> partition_terms(const Schema& schema, const PartitionSpec& spec) {
  std::vector<PartitionTerm> out;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    if (field.source_ids.size() != 1) continue;
    const std::vector<const Column*> way = way_to(schema.columns, field.source_ids.front());
    if (way.empty()) continue;
    std::string column = quote_identifier(way.front()->name);
    for (std::size_t part = 1; part < way.size(); ++part) {
      column = fmt::format("struct_extract({}, {})", column, quote_literal(way[part]->name));
    }
    const ColumnType& type = way.back()->type;
    const auto result = result_type(field.transform, type);
    const std::string sql = is_read(type) ? transformed(field.transform, type, column) : "";
    if (sql.empty() || !result) continue;
    PartitionTerm& term = out.emplace_back();
    term.field = i;
    term.name = field.name;
    term.sql = sql;
    term.type = *result;
  }
  return out;
}

}  // namespace sluice::iceberg
