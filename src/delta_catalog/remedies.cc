#include "delta_catalog/remedies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/access_advice.h"
#include "lake_catalog/delta_catalog.h"

namespace sluice {
namespace {

// By code: a message is in the language of its server. SQLite, errno, PostgreSQL, MariaDB.
constexpr std::array<std::string_view, 8> kFull = {"SQLITE_FULL", "ENOSPC", "EDQUOT", "53100",
                                                   "1021",        "1026",   "1114",   "1030"};

bool is_full(const Error& error) {
  return error.kind == ErrorKind::kLimit &&
         std::any_of(kFull.begin(), kFull.end(), [&](std::string_view code) {
           return std::string_view(error.vendor_code).starts_with(code);
         });
}

void put_before(std::string_view text, Error& error) {
  if (!error.message.starts_with(text)) error.message = fmt::format("{}: {}", text, error.message);
}

void add_hint(std::string_view text, Error& error) {
  if (!error.hint.empty()) error.hint += "; ";
  error.hint += text;
}

}  // namespace

Error with_connection_remedy(Error error, const Location& catalog) {
  if (catalog.kind == "sqlite") return with_remedy(std::move(error));
  const bool of_connection = error.kind == ErrorKind::kNotFound ||
                             error.kind == ErrorKind::kDenied ||
                             error.kind == ErrorKind::kTransient;
  const bool answered = error.vendor_code == kNoDeltaCatalog || error.vendor_code == "3F000";
  if (!of_connection || answered || error.message.starts_with("database connection failed"))
    return error;
  put_before("database connection failed", error);
  if (error.hint.empty()) add_hint("check the address, the database and the credentials", error);
  return error;
}

Error with_remedy(Error error) {
  if (error.kind == ErrorKind::kDenied) {
    error = with_access_advice(std::move(error));
    put_before("permission denied", error);
    if (error.hint.empty()) {
      add_hint(
          "give the user the right to read the table's files, and to create and write tables "
          "in the catalog's database",
          error);
    }
  }
  if (is_full(error)) {
    put_before("disk space exhausted", error);
    error.hint =
        "free space where the catalog is, or give it another place, then run the import again "
        "with --resume: what has landed stays";
  }
  return error;
}

}  // namespace sluice
