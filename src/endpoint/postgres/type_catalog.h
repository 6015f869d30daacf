// What the types of a database are made of, by their oids.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/postgres/connection.h"
#include "endpoint/postgres/wire.h"

namespace sluice::postgres {

class TypeCatalog {
 public:
  TypeCatalog() = default;
  // Rows of types.sql.
  explicit TypeCatalog(const Rows& rows);

  // `name`: format_type()'s spelling. A domain is what it is made of.
  NativeType native(std::uint32_t oid, std::int32_t typmod, std::string name) const;

  // Equal in two databases where a type is the same: labels in their order, fields by name and
  // type, a range's subtype, an extension's name. "" for what comes with the server.
  std::string definition(std::uint32_t oid) const;
  // Of every type that did not come with the server, and of money, whose digits are a setting.
  std::map<std::string, std::string> definitions() const;

 private:
  struct Entry {
    std::string name;
    char kind = 'b';  // pg_type.typtype
    std::uint32_t element = 0;
    std::uint32_t base = 0;  // of a domain
    std::int32_t base_typmod = -1;
    std::vector<std::string> labels;
    std::vector<std::string> field_names;
    std::vector<std::uint32_t> field_oids;
    std::vector<std::int32_t> field_typmods;
    std::vector<std::string> field_types;
    std::string detail;
    std::string schema;
    std::string bare_name;
    bool has_text_cast = false;
  };
  const Entry* find(std::uint32_t oid) const;

  std::map<std::uint32_t, Entry> entries_;
};

}  // namespace sluice::postgres
