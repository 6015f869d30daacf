#include "config/read_iceberg.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

namespace sluice {
namespace {

const std::vector<std::string> kKeys = {"token", "credential", "oauth2_server_uri", "scope"};
constexpr const char* kVariables = "SLUICE_ICEBERG_";

std::string variable_of(const std::string& key) {
  std::string out = kVariables;
  for (const char c : key) out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

bool says_who(const IcebergParts& parts) {
  return parts.contains("token") || parts.contains("credential");
}

}  // namespace

Result<IcebergParts> read_iceberg_parts(const TomlReader& reader) {
  TRY(reader.check_keys(kKeys));
  IcebergParts parts;
  for (const std::string& key : reader.keys()) {
    TRY_ASSIGN(const std::optional<std::string> value, reader.text(key));
    parts[key] = *value;
  }
  if (parts.contains("token") && parts.contains("credential")) {
    return fail(reader.error_at("token",
                                "keys \"iceberg.token\" and \"iceberg.credential\" say "
                                "both who asks: leave one of them away"));
  }
  return parts;
}

Result<IcebergLogin> iceberg_login(const IcebergParts& parts, const Environment& environment) {
  IcebergParts texts;
  for (const auto& [key, value] : parts) {
    auto expanded = expand_variables(value, environment);
    if (!expanded) {
      expanded.error().message = fmt::format("iceberg.{}: {}", key, expanded.error().message);
      return fail(std::move(expanded.error()));
    }
    texts[key] = std::move(*expanded);
  }
  for (const std::string& key : kKeys) {
    if (says_who(parts) || texts.contains(key)) continue;
    const auto value = environment(variable_of(key));
    if (value && !value->empty()) texts[key] = *value;
  }
  if (texts.contains("token") && texts.contains("credential")) {
    return fail(Error(ErrorKind::kInvalid,
                      "SLUICE_ICEBERG_TOKEN and SLUICE_ICEBERG_CREDENTIAL are both set")
                    .advise("a REST catalog is told one of them: unset the other"));
  }
  IcebergLogin out;
  if (!texts["token"].empty()) out.token = Secret(texts["token"]);
  if (!texts["credential"].empty()) out.credential = Secret(texts["credential"]);
  out.oauth2_server_uri = texts["oauth2_server_uri"];
  if (!texts["scope"].empty()) out.scope = texts["scope"];
  return out;
}

}  // namespace sluice
