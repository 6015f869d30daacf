#include "model/location.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "model/s3_place.h"

namespace sluice {
namespace {

constexpr std::array<std::string_view, 9> kFileKinds = {
    "duckdb", "sqlite", "parquet", "csv", "json", "delta", "ducklake", "iceberg", "geojson"};
constexpr std::string_view kForms =
    "locations look like duckdb:PATH, sqlite:PATH, parquet:DIR, csv:DIR, json:DIR, "
    "ducklake:sqlite:PATH, postgres://USER@HOST:PORT/DB or mysql://USER@HOST:PORT/DB";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Parameters whose value must not be shown: an S3 key in a URI, sslpassword, ...
bool is_secret_name(const std::string& name) {
  const std::string lower = to_lower(name);
  return lower.find("password") != std::string::npos || lower.find("secret") != std::string::npos ||
         lower.find("token") != std::string::npos || lower.find("credential") != std::string::npos;
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What decode() and the ends of a location's parts would make something else of.
std::string escaped(const std::string& text) {
  return replace_all(replace_all(replace_all(text, "%", "%25"), "&", "%26"), "?", "%3F");
}

// Neither text is shown: where a password has an unescaped / or ?, it is a part of it.
std::unexpected<Error> unescaped() {
  return fail(Error(ErrorKind::kInvalid, "the location has an @ in a place where none can be")
                  .advise("write /, ?, # and @ in a password as %2F, %3F, %23 and %40"));
}

Status take_port(std::string_view text, Location& location) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), location.port);
  if (code == std::errc() && end == text.data() + text.size() && location.port >= 1 &&
      location.port <= 65535) {
    return {};
  }
  return fail(Error(ErrorKind::kInvalid, "the port is not a number from 1 to 65535")
                  .advise("write /, ?, # and @ in a password as %2F, %3F, %23 and %40"));
}

Status take_parameters(std::string_view text, Location& location) {
  const bool server = location.path.empty();
  for (const std::string& pair : split(text, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string name = decode(pair.substr(0, equals));
    const std::string value = equals == std::string::npos ? "" : decode(pair.substr(equals + 1));
    if (server && name.find('@') != std::string::npos) return unescaped();
    if (server && name == "host") {
      location.host = value;
    } else if (server && name == "port") {
      TRY(take_port(value, location));
    } else if (server && name == "user") {
      location.user = value;
    } else if (server && name == "password") {
      location.password = Secret(value);
    } else {
      if (is_secret_name(name)) (void)Secret(value);       // known to redact() from here on
      if (name == "catalog") (void)parse_location(value);  // a password in it likewise
      location.parameters[name] = value;
    }
  }
  return {};
}

Status take_host(std::string_view text, Location& location) {
  std::size_t colon = text.rfind(':');
  if (text.starts_with('[')) {  // an IPv6 address
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return fail(ErrorKind::kInvalid, "no ] behind the host");
    location.host = text.substr(1, close - 1);
    colon = close + 1 < text.size() && text[close + 1] == ':' ? close + 1 : std::string_view::npos;
  } else {
    location.host = decode(text.substr(0, colon));
  }
  if (colon == std::string_view::npos) return {};
  return take_port(text.substr(colon + 1), location);
}

// Behind "postgres://" and "mysql://".
Status take_server(std::string_view rest, Location& location) {
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) location.database = decode(rest.substr(slash + 1));
  const std::size_t at = authority.rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    location.user = decode(user.substr(0, colon));
    if (colon != std::string_view::npos) location.password = Secret(decode(user.substr(colon + 1)));
    authority = authority.substr(at + 1);
  } else if (rest.find('@') != std::string_view::npos) {
    return unescaped();
  }
  return take_host(authority, location);
}

constexpr std::string_view kRest = "rest:";

// What stands behind "iceberg:" names a catalog, or else a folder.
bool has_catalog(std::string_view text) {
  const std::string_view kind = text.substr(0, text.find_first_of(":+"));
  return kind == "sqlite" || kind == "postgres" || kind == "postgresql" || kind == "rest";
}

// http://HOST[:PORT][/PATH]: who one is, is not said there.
Result<Location> parse_rest(std::string_view text) {
  Location location;
  const std::size_t question = text.find('?');
  const std::string_view url = text.substr(0, question);
  const bool tls = url.starts_with("https://");
  if (!tls && !url.starts_with("http://")) {
    return fail(
        Error(ErrorKind::kInvalid, "\"iceberg:rest:\" is not followed by http:// or https://")
            .advise("write iceberg:rest:http://HOST:PORT?warehouse=NAME"));
  }
  if (url.find('@') != url.npos) {
    return fail(Error(ErrorKind::kInvalid, "the address of a REST catalog has an @")
                    .advise("a token or a credential is given in SLUICE_ICEBERG_TOKEN or "
                            "SLUICE_ICEBERG_CREDENTIAL, or in [iceberg] of sluice.toml"));
  }
  if (url.size() == std::string_view(tls ? "https://" : "http://").size()) {
    return fail(ErrorKind::kInvalid, "the address of a REST catalog has no host");
  }
  location.path = url;
  while (location.path.ends_with('/')) location.path.pop_back();
  if (question != text.npos) TRY(take_parameters(text.substr(question + 1), location));
  return location;
}

// Behind "iceberg:", where a catalog is.
Result<Location> parse_iceberg(std::string_view text) {
  Location location;
  if (text.starts_with(kRest)) {
    TRY_ASSIGN(location, parse_rest(text.substr(kRest.size())));
    location.catalog = "rest";
  } else {
    TRY_ASSIGN(location, parse_location(text));
    location.catalog = location.kind;
  }
  location.kind = "iceberg";
  return location;
}

}  // namespace

std::string Location::parameter(const std::string& name, const std::string& fallback) const {
  const auto at = parameters.find(name);
  return at == parameters.end() ? fallback : at->second;
}

std::string Location::display() const {
  if (!catalog.empty()) {
    Location inner = *this;
    inner.kind = catalog;
    inner.catalog.clear();
    return kind + ":" + inner.display();
  }
  std::string out;
  const bool socket = host.starts_with('/');
  if (kind == "postgres" || kind == "mysql") {
    const bool address = host.find(':') != std::string::npos;  // IPv6
    out = kind + "://" + (user.empty() ? "" : user + "@");
    if (!socket) out += address ? "[" + host + "]" : host;
    if (port != 0) out += fmt::format(":{}", port);
    out += "/" + database;
  } else {
    const std::string shown = is_s3(path) ? escaped(path) : path;
    out = kind.empty() ? shown : kind + ":" + shown;
  }
  std::vector<std::string> pairs;
  if (socket) pairs.push_back("host=" + host);
  for (const auto& [name, value] : parameters) {
    // A location in a location: what would end it here is escaped, so that it can be typed again.
    const std::string shown = name == "catalog" || is_s3(value) ? escaped(value) : value;
    pairs.push_back(name + "=" + (is_secret_name(name) ? "****" : shown));
  }
  return pairs.empty() ? out : out + "?" + join(pairs, "&");
}

Result<Location> parse_location(std::string_view text) {
  Location location;
  const std::size_t question = text.find('?');
  std::string_view rest = text.substr(0, question);
  const std::size_t colon = rest.find(':');
  std::string kind(rest.substr(0, colon == std::string_view::npos ? 0 : colon));
  kind = kind.substr(0, kind.find('+'));  // postgresql+pg8000, sqlite+pysqlite
  if (kind == "postgresql") kind = "postgres";
  if (kind == "mariadb") kind = "mysql";
  const bool server = kind == "postgres" || kind == "mysql";
  bool file = false;
  for (const std::string_view name : kFileKinds) file = file || kind == name;
  if (kind == "iceberg" && has_catalog(text.substr(colon + 1))) {
    return parse_iceberg(text.substr(colon + 1));
  }
  if (kind == "ducklake") {
    if (rest.size() == colon + 1) {
      return fail(Error(ErrorKind::kInvalid, "\"ducklake:\" has no catalog behind it")
                      .advise(std::string(kForms)));
    }
    TRY_ASSIGN(location, parse_location(text.substr(colon + 1)));
    location.catalog = location.kind;
    location.kind = kind;
    return location;
  }
  if (is_s3(text)) {  // what is there has still to be said
    location.path = decode(rest);
    if (question != text.npos) TRY(take_parameters(text.substr(question + 1), location));
    return location;
  }
  if (!server && !file) {
    if (colon != std::string_view::npos && rest.substr(colon).starts_with("://")) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("unknown kind of location \"{}\"", kind))
                      .advise(std::string(kForms)));
    }
    location.path = text;  // a plain path, recognised by its content
    if (location.path.empty()) return fail(ErrorKind::kInvalid, "a location is empty");
    return location;
  }
  location.kind = kind;
  rest.remove_prefix(colon + 1);
  if (server && !rest.starts_with("//")) {
    return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}:\" is not followed by //", kind))
                    .advise(std::string(kForms)));
  }
  if (server) {
    TRY(take_server(rest.substr(2), location));
  } else {
    if (rest.starts_with("///")) rest.remove_prefix(3);  // sqlite:///relative, sqlite:////absolute
    location.path = decode(rest);
    if (location.path.empty()) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("\"{}:\" has no path", kind))
                      .advise(std::string(kForms)));
    }
  }
  if (question != std::string_view::npos) TRY(take_parameters(text.substr(question + 1), location));
  return location;
}

}  // namespace sluice
