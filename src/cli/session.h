// What every command works with: the options of all commands, the library, and where to print. The
// library is made when a command first asks for it, so that help and usage errors never wait.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/output.h"
#include "report/text_table.h"
#include "sluice/sluice.h"

namespace sluice {

using Json = nlohmann::ordered_json;

class Session {
 public:
  Session(GlobalOptions options, const CancelToken& cancel);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const GlobalOptions& options() const { return options_; }
  const CancelToken& cancel() const { return cancel_; }
  Output& output() { return output_; }
  Sluice& sluice();
  // For standard output: colors and a width only on a terminal.
  TextStyle style() const;

  // A command's result. Requires: with --json, print_json once and print never.
  Status print(std::string_view text);
  Status print_json(const Json& json);
  // What a command did, which --quiet hides.
  Status print_unless_quiet(std::string_view text);
  // The error of a report that was printed: on standard error, for people only.
  void print_reported_error(const Error& error);
  // A remark on standard error, which --quiet hides.
  void note(std::string_view text) const;
  // Removes the progress line before anything else is printed.
  void end_progress();

 private:
  struct ProgressView;

  GlobalOptions options_;
  const CancelToken& cancel_;
  Output output_;
  std::unique_ptr<ProgressView> progress_;
  std::unique_ptr<Sluice> sluice_;
};

// {"kind", "message", "object", "vendor_code", "hint"}, no secret in it.
Json error_json(const Error& error);
// A location as it was typed, without its password.
std::string without_password(const std::string& location);
struct PrintedError {
  bool json = false;
  bool verbose = false;
  bool in_report = false;  // a report that holds the error stands on standard output already
};
// `sluice: message` and the hint, indented, on standard error; with `json` {"error": ...} on
// standard output instead.
void print_error(Output& output, const Error& error, const PrintedError& how);

}  // namespace sluice
