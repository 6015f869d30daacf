#include "store/find_s3_settings.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/file.h"
#include "store/s3_endpoint.h"
#include "store/s3_profiles.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExport =
    "`eval \"$(aws configure export-credentials --format env)\"` makes keys of it";

class Finder {
 public:
  Finder(const S3Wishes& wishes, const Variables& variables)
      : wishes_(wishes), variables_(variables) {}

  Result<S3Settings> find() {
    TRY(read_profile());
    S3Settings out;
    out.endpoint =
        first({wishes_.endpoint, variable("AWS_ENDPOINT_URL_S3"), variable("AWS_ENDPOINT_URL"),
               profile("s3.endpoint_url"), profile("endpoint_url")});
    if (!out.endpoint.empty()) TRY(check_endpoint(out.endpoint));
    out.region = first({wishes_.region, variable("AWS_REGION"), variable("AWS_DEFAULT_REGION"),
                        profile("region"), out.region});
    TRY(take_style(out));
    TRY(take_keys(out));
    return out;
  }

 private:
  static std::string first(std::initializer_list<std::string> texts) {
    for (const std::string& text : texts) {
      if (!text.empty()) return text;
    }
    return "";
  }

  std::string variable(const std::string& name) const { return variables_(name).value_or(""); }

  std::string profile(const std::string& name) const {
    const auto at = profile_.find(name);
    return at == profile_.end() ? "" : at->second;
  }

  fs::path file(const std::string& name, const std::string& in_home) const {
    if (const std::string path = variable(name); !path.empty()) return path;
    const std::string home = variable("HOME");
    return home.empty() ? fs::path() : fs::path(home) / ".aws" / in_home;
  }

  // What credentials say goes before what config says.
  Status read_profile() {
    const std::string named = first({wishes_.profile, variable("AWS_PROFILE")});
    name_ = named.empty() ? "default" : named;
    const fs::path credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    const fs::path config = file("AWS_CONFIG_FILE", "config");
    bool found = false;
    for (const fs::path& path : {credentials, config}) {
      std::error_code code;
      if (path.empty() || !fs::is_regular_file(path, code)) continue;
      TRY_ASSIGN(const std::string text, read_file(path));
      const auto sections = parse_aws_file(text);
      const auto at = sections.find(name_);
      if (at == sections.end()) continue;
      found = true;
      if (at->second.contains("aws_access_key_id") && keys_file_.empty()) keys_file_ = path;
      profile_.insert(at->second.begin(), at->second.end());
    }
    if (found || named.empty()) return {};
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("profile \"{}\" is neither in \"{}\" nor in "
                                               "\"{}\"",
                                               named, credentials.string(), config.string()))
            .about(named)
            .advise("`aws configure list-profiles` lists those that are there"));
  }

  Status take_style(S3Settings& out) const {
    const std::string style = first({wishes_.url_style, profile("s3.addressing_style"), "auto"});
    if (style == "path") {
      out.url_style = S3UrlStyle::kPath;
    } else if (style == "virtual") {
      out.url_style = S3UrlStyle::kVirtual;
    } else if (style != "auto") {
      return fail(Error(ErrorKind::kInvalid, fmt::format("S3 has no URL style \"{}\"", style))
                      .advise("write auto, path or virtual"));
    }
    return {};
  }

  Status take_keys(S3Settings& out) const {
    if (!wishes_.access_key_id.empty()) {
      return set_keys(out, wishes_.access_key_id, wishes_.secret_access_key, wishes_.session_token,
                      "sluice.toml");
    }
    if (wishes_.profile.empty() && !variable("AWS_ACCESS_KEY_ID").empty()) {
      return set_keys(out, variable("AWS_ACCESS_KEY_ID"), Secret(variable("AWS_SECRET_ACCESS_KEY")),
                      Secret(variable("AWS_SESSION_TOKEN")), "AWS_ACCESS_KEY_ID");
    }
    if (!profile("aws_access_key_id").empty()) {
      return set_keys(out, profile("aws_access_key_id"), Secret(profile("aws_secret_access_key")),
                      Secret(profile("aws_session_token")),
                      fmt::format("profile \"{}\" of {}", name_, keys_file_.string()));
    }
    for (const char* name : {"role_arn", "sso_session", "sso_start_url", "credential_process",
                             "web_identity_token_file"}) {
      if (profile(name).empty()) continue;
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("profile \"{}\" gets its keys by {}, which sluice does not do",
                                    name_, name))
                      .about(name_)
                      .code(name)
                      .advise(std::string(kExport)));
    }
    return {};
  }

  static Status set_keys(S3Settings& out, const std::string& id, Secret secret, Secret token,
                         std::string found_in) {
    if (secret.empty()) {
      return fail(
          Error(ErrorKind::kDenied,
                fmt::format("the S3 key {} (from {}) has no secret key beside it", id, found_in))
              .advise("set AWS_SECRET_ACCESS_KEY, or aws_secret_access_key in the same "
                      "profile"));
    }
    out.access_key_id = id;
    out.secret_access_key = std::move(secret);
    out.session_token = std::move(token);
    out.keys_found_in = std::move(found_in);
    return {};
  }

  const S3Wishes& wishes_;
  const Variables& variables_;
  std::string name_;
  AwsSection profile_;
  fs::path keys_file_;
};

}  // namespace

Result<S3Settings> find_s3_settings(const S3Wishes& wishes, const Variables& variables) {
  return Finder(wishes, variables).find();
}

Status require_keys(const S3Settings& settings, const std::string& address) {
  if (settings.has_keys()) return {};
  return fail(Error(ErrorKind::kDenied, fmt::format("there are no S3 keys for \"{}\"", address))
                  .about(address)
                  .advise("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE for a "
                          "profile of ~/.aws/credentials, or [s3] in sluice.toml; `sluice doctor` "
                          "says what is found"));
}

}  // namespace sluice
