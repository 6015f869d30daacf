#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/secret.h"
#include "base/text.h"
#include "model/location.h"
#include "report/json.h"
#include "report/progress_line.h"

namespace sluice {
namespace {

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

struct Session::ProgressView {
  explicit ProgressView(bool quiet) : line(stderr, {progress_mode(stderr, quiet), 0, nullptr}) {}
  ProgressLine line;
};

void Session::end_progress() {
  if (progress_) progress_->line.finish();
}

TextStyle Session::style() const {
  TextStyle style;
  style.color =
      is_terminal(STDOUT_FILENO) && !options_.no_color && std::getenv("NO_COLOR") == nullptr;
  style.width = terminal_width(STDOUT_FILENO);
  return style;
}

Session::Session(GlobalOptions options, const CancelToken& cancel)
    : options_(std::move(options)), cancel_(cancel) {}

Session::~Session() = default;

Sluice& Session::sluice() {
  if (sluice_) return *sluice_;
  Settings settings;
  settings.state_folder = options_.state;
  settings.config_file = options_.config;
  settings.memory_bytes = options_.memory_bytes;
  settings.threads = options_.threads;
  settings.cancel = &cancel_;
  progress_ = std::make_unique<ProgressView>(options_.quiet);
  settings.progress = [line = &progress_->line](const Progress& progress) {
    line->update({progress.phase, progress.table, progress.rows_done, progress.rows_total,
                  progress.bytes_done});
  };
  sluice_ = std::make_unique<Sluice>(std::move(settings));
  return *sluice_;
}

Status Session::print(std::string_view text) {
  end_progress();
  return output_.write(text);
}

Status Session::print_json(const Json& json) {
  end_progress();
  return output_.write(dump(json));
}

Status Session::print_unless_quiet(std::string_view text) {
  return options_.quiet ? Status{} : print(text);
}

void Session::print_reported_error(const Error& error) {
  // After the report, where both go to one place.
  if (!options_.json) (void)output_.finish();
  print_error(output_, error, {options_.json, options_.verbose, true});
}

void Session::note(std::string_view text) const {
  if (!options_.quiet) write_error_text(redact(std::string(text)));
}

Json error_json(const Error& error) {
  return {{"kind", to_string(error.kind)},
          {"message", redact(error.message)},
          {"object", redact(error.object)},
          {"vendor_code", error.vendor_code},
          {"hint", redact(error.hint)}};
}

std::string without_password(const std::string& location) {
  const Result<Location> parsed = parse_location(location);
  return parsed ? parsed->display() : redact(location);
}

void print_error(Output& output, const Error& error, const PrintedError& how) {
  if (output.reader_gone()) return;
  if (how.json) {
    if (!how.in_report) (void)output.write(render_json(error));
    return;
  }
  std::string text = fmt::format("sluice: {}\n", error.message);
  if (how.verbose) {
    text += fmt::format("  kind: {}{}{}\n", to_string(error.kind),
                        error.object.empty() ? "" : ", object: " + error.object,
                        error.vendor_code.empty() ? "" : ", code: " + error.vendor_code);
  }
  for (const std::string& line : split(error.hint, '\n')) {
    if (!line.empty()) text += "  " + line + "\n";
  }
  write_error_text(redact(text));
}

}  // namespace sluice
