#include "engine/duckdb_types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice {
namespace {

struct Row {
  duckdb_type duck;
  TypeKind kind;
};

constexpr std::array kSimple = {
    Row{DUCKDB_TYPE_BOOLEAN, TypeKind::kBoolean},
    Row{DUCKDB_TYPE_TINYINT, TypeKind::kInt8},
    Row{DUCKDB_TYPE_SMALLINT, TypeKind::kInt16},
    Row{DUCKDB_TYPE_INTEGER, TypeKind::kInt32},
    Row{DUCKDB_TYPE_BIGINT, TypeKind::kInt64},
    Row{DUCKDB_TYPE_HUGEINT, TypeKind::kInt128},
    Row{DUCKDB_TYPE_UTINYINT, TypeKind::kUInt8},
    Row{DUCKDB_TYPE_USMALLINT, TypeKind::kUInt16},
    Row{DUCKDB_TYPE_UINTEGER, TypeKind::kUInt32},
    Row{DUCKDB_TYPE_UBIGINT, TypeKind::kUInt64},
    Row{DUCKDB_TYPE_UHUGEINT, TypeKind::kUInt128},
    Row{DUCKDB_TYPE_FLOAT, TypeKind::kFloat32},
    Row{DUCKDB_TYPE_DOUBLE, TypeKind::kFloat64},
    Row{DUCKDB_TYPE_VARCHAR, TypeKind::kText},
    Row{DUCKDB_TYPE_BLOB, TypeKind::kBlob},
    Row{DUCKDB_TYPE_DATE, TypeKind::kDate},
    Row{DUCKDB_TYPE_TIME, TypeKind::kTime},
    Row{DUCKDB_TYPE_TIME_NS, TypeKind::kTimeNs},
    Row{DUCKDB_TYPE_TIME_TZ, TypeKind::kTimeTz},
    Row{DUCKDB_TYPE_TIMESTAMP, TypeKind::kTimestamp},
    Row{DUCKDB_TYPE_TIMESTAMP_S, TypeKind::kTimestampS},
    Row{DUCKDB_TYPE_TIMESTAMP_MS, TypeKind::kTimestampMs},
    Row{DUCKDB_TYPE_TIMESTAMP_NS, TypeKind::kTimestampNs},
    Row{DUCKDB_TYPE_TIMESTAMP_TZ, TypeKind::kTimestampTz},
    Row{DUCKDB_TYPE_INTERVAL, TypeKind::kInterval},
    Row{DUCKDB_TYPE_UUID, TypeKind::kUuid},
    Row{DUCKDB_TYPE_BIT, TypeKind::kBit},
    Row{DUCKDB_TYPE_BIGNUM, TypeKind::kBigInt},
    Row{DUCKDB_TYPE_GEOMETRY, TypeKind::kGeometry},
};

std::string take_text(char* text) {
  std::string out = text == nullptr ? "" : text;
  duckdb_free(text);
  return out;
}

Type child_type(duckdb_logical_type raw) {
  const DuckType child(raw);
  return type_of(child.get());
}

void add_members(duckdb_logical_type type, Type& out) {
  const bool is_struct = out.kind == TypeKind::kStruct;
  const idx_t count =
      is_struct ? duckdb_struct_type_child_count(type) : duckdb_union_type_member_count(type);
  for (idx_t i = 0; i < count; ++i) {
    out.labels.push_back(take_text(is_struct ? duckdb_struct_type_child_name(type, i)
                                             : duckdb_union_type_member_name(type, i)));
    out.children.push_back(child_type(is_struct ? duckdb_struct_type_child_type(type, i)
                                                : duckdb_union_type_member_type(type, i)));
  }
}

ErrorKind kind_of(duckdb_error_type type) {
  switch (type) {
    case DUCKDB_ERROR_INTERRUPT:
      return ErrorKind::kCancelled;
    case DUCKDB_ERROR_OUT_OF_MEMORY:
      return ErrorKind::kLimit;
    case DUCKDB_ERROR_CATALOG:
      return ErrorKind::kNotFound;
    case DUCKDB_ERROR_TRANSACTION:
    case DUCKDB_ERROR_DEPENDENCY:
    case DUCKDB_ERROR_CONSTRAINT:
      return ErrorKind::kConflict;
    case DUCKDB_ERROR_PERMISSION:
      return ErrorKind::kDenied;
    case DUCKDB_ERROR_SERIALIZATION:
      return ErrorKind::kCorrupt;
    case DUCKDB_ERROR_NOT_IMPLEMENTED:
    case DUCKDB_ERROR_MISSING_EXTENSION:
    case DUCKDB_ERROR_AUTOLOAD:
      return ErrorKind::kUnsupported;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_HTTP:
    case DUCKDB_ERROR_CONNECTION:
    case DUCKDB_ERROR_NETWORK:
      return ErrorKind::kTransient;
    case DUCKDB_ERROR_INTERNAL:
    case DUCKDB_ERROR_FATAL:
      return ErrorKind::kInternal;
    default:
      return ErrorKind::kInvalid;
  }
}

}  // namespace

Type type_of(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  Type out;
  const auto row =
      std::find_if(kSimple.begin(), kSimple.end(), [&](const Row& r) { return r.duck == id; });
  if (row != kSimple.end()) {
    out.kind = row->kind;
    if (out.kind == TypeKind::kText) {
      if (take_text(duckdb_logical_type_get_alias(type)) == "JSON") out.kind = TypeKind::kJson;
    }
    return out;
  }
  switch (id) {
    case DUCKDB_TYPE_DECIMAL:
      return decimal_type(duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_ENUM:
      out.kind = TypeKind::kEnum;
      for (idx_t i = 0; i < duckdb_enum_dictionary_size(type); ++i) {
        out.labels.push_back(take_text(duckdb_enum_dictionary_value(type, i)));
      }
      return out;
    case DUCKDB_TYPE_LIST:
      return list_type(child_type(duckdb_list_type_child_type(type)));
    case DUCKDB_TYPE_ARRAY:
      out.kind = TypeKind::kArray;
      out.array_size = duckdb_array_type_array_size(type);
      out.children.push_back(child_type(duckdb_array_type_child_type(type)));
      return out;
    case DUCKDB_TYPE_MAP:
      out.kind = TypeKind::kMap;
      out.children.push_back(child_type(duckdb_map_type_key_type(type)));
      out.children.push_back(child_type(duckdb_map_type_value_type(type)));
      return out;
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_UNION:
      out.kind = id == DUCKDB_TYPE_STRUCT ? TypeKind::kStruct : TypeKind::kUnion;
      add_members(type, out);
      return out;
    case DUCKDB_TYPE_VARIANT:
      out.native_name = "VARIANT";
      return out;
    default:
      out.native_name = "type " + std::to_string(static_cast<int>(id));
      return out;
  }
}

DuckType duck_type(const Type& type) {
  for (const Row& row : kSimple) {
    if (row.kind == type.kind) return DuckType(duckdb_create_logical_type(row.duck));
  }
  switch (type.kind) {
    case TypeKind::kDecimal:
      return DuckType(duckdb_create_decimal_type(static_cast<std::uint8_t>(type.precision),
                                                 static_cast<std::uint8_t>(type.scale)));
    case TypeKind::kList:
      return DuckType(duckdb_create_list_type(duck_type(type.children.at(0)).get()));
    case TypeKind::kArray:
      return DuckType(
          duckdb_create_array_type(duck_type(type.children.at(0)).get(), type.array_size));
    case TypeKind::kStruct: {
      std::vector<DuckType> types;
      std::vector<duckdb_logical_type> raw;
      std::vector<const char*> names;
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        types.push_back(duck_type(type.children[i]));
        raw.push_back(types.back().get());
        names.push_back(type.labels[i].c_str());
      }
      return DuckType(duckdb_create_struct_type(raw.data(), names.data(), raw.size()));
    }
    default:  // kNumeric, kJson and, from our own sources, kEnum: text
      return DuckType(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  }
}

ColumnView view_of(duckdb_vector vector, const Type& type) {
  ColumnView view;
  view.type = &type;
  view.validity = duckdb_vector_get_validity(vector);
  switch (type.kind) {
    case TypeKind::kStruct:
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        view.children.push_back(
            view_of(duckdb_struct_vector_get_child(vector, i), type.children[i]));
      }
      return view;
    case TypeKind::kUnion: {
      static const Type kTag = simple_type(TypeKind::kUInt8);
      view.children.push_back(view_of(duckdb_struct_vector_get_child(vector, 0), kTag));
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        view.children.push_back(
            view_of(duckdb_struct_vector_get_child(vector, i + 1), type.children[i]));
      }
      return view;
    }
    case TypeKind::kArray:
      view.children.push_back(view_of(duckdb_array_vector_get_child(vector), type.children[0]));
      return view;
    case TypeKind::kList:
      view.data = duckdb_vector_get_data(vector);
      view.children.push_back(view_of(duckdb_list_vector_get_child(vector), type.children[0]));
      return view;
    case TypeKind::kMap: {
      view.data = duckdb_vector_get_data(vector);
      const duckdb_vector entries = duckdb_list_vector_get_child(vector);
      for (idx_t i = 0; i < 2; ++i) {
        view.children.push_back(
            view_of(duckdb_struct_vector_get_child(entries, i), type.children[i]));
      }
      return view;
    }
    default:
      view.data = duckdb_vector_get_data(vector);
      return view;
  }
}

namespace {

// Damage has no code of its own: it is told by the text.
bool is_damage(duckdb_error_type type, const std::string& message) {
  if (type == DUCKDB_ERROR_IO && message.find("Corrupt") != std::string::npos) return true;
  static constexpr std::array<std::string_view, 8> kOfParquet = {
      "No magic bytes found at end of file",
      "too small to be a Parquet file",
      "Parquet file is likely corrupted",
      ": metadata is corrupt",
      "TProtocolException",
      "don't know what type",
      "decompression failure",
      "Invalid string encoding found in Parquet file"};
  return std::any_of(kOfParquet.begin(), kOfParquet.end(), [&](std::string_view words) {
    return message.find(words) != std::string::npos;
  });
}

}  // namespace

Error duck_error(duckdb_error_type type, std::string message) {
  const bool damaged = is_damage(type, message);
  // The engine's text begins with its kind ("IO Error: "), which our own kind replaces.
  return Error(damaged ? ErrorKind::kCorrupt : kind_of(type), std::move(message))
      .code("duckdb:" + std::to_string(static_cast<int>(type)));
}

}  // namespace sluice
