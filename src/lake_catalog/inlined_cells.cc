#include "lake_catalog/inlined_cells.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace sluice {
namespace {

// What SQLite's catalogs keep as a number: its own have 64 bits and a sign.
bool is_number_in_sqlite(TypeKind kind) {
  if (kind == TypeKind::kBoolean) return true;
  return is_integer(kind) && kind != TypeKind::kUInt64 && kind != TypeKind::kInt128 &&
         kind != TypeKind::kUInt128;
}

// PostgreSQL keeps text as bytes: its own text has no NUL.
bool is_text_kept_as_bytes(const CatalogDialect& dialect, const Type& type) {
  return dialect.text_is_bytes && (type.kind == TypeKind::kText || type.kind == TypeKind::kJson);
}

std::string postgres_type(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return "BOOLEAN";
    case TypeKind::kInt8:
    case TypeKind::kInt16:
      return "SMALLINT";
    case TypeKind::kInt32:
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
      return "INTEGER";
    case TypeKind::kInt64:
    case TypeKind::kUInt32:
      return "BIGINT";
    case TypeKind::kFloat32:
      return "REAL";
    case TypeKind::kFloat64:
      return "DOUBLE PRECISION";
    case TypeKind::kDecimal:
      return fmt::format("NUMERIC({}, {})", type.precision, type.scale);
    case TypeKind::kText:
    case TypeKind::kJson:
    case TypeKind::kBlob:
      return "BYTEA";
    case TypeKind::kTime:
      return "TIME";
    case TypeKind::kTimeTz:
      return "TIMETZ";
    case TypeKind::kInterval:
      return "INTERVAL";
    case TypeKind::kUuid:
      return "UUID";
    default:
      return "VARCHAR";
  }
}

// PostgreSQL prints bytes as \x6162.
void decode_hex(std::optional<std::string>& cell) {
  if (!cell || !cell->starts_with("\\x")) return;
  std::string bytes;
  for (std::size_t i = 2; i + 1 < cell->size(); i += 2) {
    unsigned value = 0;
    std::from_chars(cell->data() + i, cell->data() + i + 2, value, 16);
    bytes += static_cast<char>(value);
  }
  cell = std::move(bytes);
}

std::string sqlite_literal(const Type& type, const std::string& cell) {
  if (type.kind == TypeKind::kBoolean) return cell == "1" || cell.starts_with('t') ? "1" : "0";
  if (is_number_in_sqlite(type.kind)) return cell;
  const std::string bytes = "X'" + hex(cell.data(), cell.size()) + "'";
  if (type.kind == TypeKind::kBlob) return bytes;
  return cell.contains('\0') ? "CAST(" + bytes + " AS TEXT)" : quote_literal(cell);
}

}  // namespace

bool travels_as_bytes(const Type& type) {
  return type.kind == TypeKind::kBlob || type.kind == TypeKind::kGeometry;
}

Result<std::string> inlined_type(const CatalogDialect& dialect, const Type& type) {
  if (dialect.name == "duckdb") return engine_type_sql(type);
  if (dialect.name == "postgres") return postgres_type(type);
  if (is_number_in_sqlite(type.kind)) return std::string("BIGINT");
  return std::string(type.kind == TypeKind::kBlob ? "BLOB" : "VARCHAR");
}

std::string inlined_cell_sql(const CatalogDialect& dialect, const ducklake::LakeColumn& column) {
  const std::string name = quote_identifier(column.row.name);
  if (dialect.name == "duckdb") {
    return travels_as_bytes(column.type) ? fmt::format("'\\x' || hex({})", name)
                                         : fmt::format("CAST({} AS VARCHAR)", name);
  }
  // PostgreSQL has a type for intervals, whose text differs.
  if (column.type.kind != TypeKind::kInterval || dialect.name != "postgres") return name;
  return fmt::format(
      "CAST(extract(year FROM {0}) * 12 + extract(month FROM {0}) AS bigint) || ' months ' || "
      "CAST(extract(day FROM {0}) AS bigint) || ' days ' || CAST((extract(hour FROM {0}) * 60 + "
      "extract(minute FROM {0})) * 60000000 + extract(microseconds FROM {0}) AS bigint) || "
      "' microseconds'",
      name);
}

void decode_inlined_cell(const CatalogDialect& dialect, const Type& type,
                         std::optional<std::string>& cell) {
  const bool is_hex = dialect.name == "duckdb"
                          ? travels_as_bytes(type)
                          : dialect.text_is_bytes && (type.kind == TypeKind::kBlob ||
                                                      is_text_kept_as_bytes(dialect, type));
  if (is_hex) decode_hex(cell);
}

Result<std::string> inlined_literal(const CatalogDialect& dialect, const Type& type,
                                    const std::optional<std::string>& cell) {
  if (!cell) return std::string("NULL");
  if (dialect.name == "sqlite") return sqlite_literal(type, *cell);
  const bool is_bytes = type.kind == TypeKind::kBlob || is_text_kept_as_bytes(dialect, type);
  const std::string digits = hex(cell->data(), cell->size());
  if (dialect.name == "postgres") {
    return is_bytes ? "'\\x" + digits + "'::bytea" : quote_literal(*cell);
  }
  TRY_ASSIGN(const std::string name, engine_type_sql(type));
  if (is_bytes) return fmt::format("from_hex('{}')", digits);
  const std::string text =
      cell->contains('\0') ? fmt::format("decode(from_hex('{}'))", digits) : quote_literal(*cell);
  return fmt::format("CAST({} AS {})", text, name);
}

}  // namespace sluice
