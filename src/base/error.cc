#include "base/error.h"

#include <array>

namespace sluice {
namespace {

struct Row {
  ErrorKind kind;
  std::string_view name;
  int exit_code;
  int http_status;
};

// docs/exit-codes.md prints this table for users.
constexpr std::array kRows = {
    Row{ErrorKind::kInvalid, "invalid", 2, 400},
    Row{ErrorKind::kNotFound, "not_found", 3, 404},
    Row{ErrorKind::kExists, "exists", 6, 409},
    Row{ErrorKind::kConflict, "conflict", 6, 409},
    Row{ErrorKind::kTransient, "transient", 3, 502},
    Row{ErrorKind::kDenied, "denied", 8, 403},
    Row{ErrorKind::kCorrupt, "corrupt", 9, 422},
    Row{ErrorKind::kUnsupported, "unsupported", 10, 501},
    Row{ErrorKind::kWouldLoseData, "would_lose_data", 4, 422},
    Row{ErrorKind::kMismatch, "mismatch", 5, 409},
    Row{ErrorKind::kLimit, "limit", 7, 503},
    Row{ErrorKind::kCancelled, "cancelled", 7, 503},
    Row{ErrorKind::kInternal, "internal", 1, 500},
};

const Row& row_of(ErrorKind kind) {
  for (const Row& row : kRows) {
    if (row.kind == kind) return row;
  }
  return kRows.back();
}

}  // namespace

std::string_view to_string(ErrorKind kind) { return row_of(kind).name; }
int exit_code(ErrorKind kind) { return row_of(kind).exit_code; }
int http_status(ErrorKind kind) { return row_of(kind).http_status; }

}  // namespace sluice
