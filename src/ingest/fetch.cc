#include "ingest/fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/file.h"
#include "base/unique_handle.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 5;
constexpr std::chrono::milliseconds kFirstPause{500};
constexpr std::chrono::milliseconds kPauseStep{50};
constexpr long kConnectSeconds = 15;
constexpr long kStalledSeconds = 60;
constexpr long kWholeSeconds = 3600;
constexpr long kRedirectsMax = 10;

using File = UniqueHandle<std::FILE*, std::fclose>;
struct EndTransfer {
  void operator()(CURL* transfer) const { curl_easy_cleanup(transfer); }
};
using Transfer = std::unique_ptr<CURL, EndTransfer>;

int on_progress(void* cancel, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const CancelToken*>(cancel)->requested() ? 1 : 0;
}

struct Answer {
  CURLcode code = CURLE_OK;
  long status = 0;
};

Result<Answer> try_once(const std::string& url, const fs::path& path, const CancelToken* cancel) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) return fail(errno_error(errno, "write", path));
  const Transfer curl(curl_easy_init());
  if (!curl) return fail(ErrorKind::kInternal, "cannot start a transfer");
  CURL* const raw = curl.get();
  curl_easy_setopt(raw, CURLOPT_URL, url.c_str());
  curl_easy_setopt(raw, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(raw, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(raw, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(raw, CURLOPT_MAXREDIRS, kRedirectsMax);
  curl_easy_setopt(raw, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(raw, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(raw, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(raw, CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(raw, CURLOPT_TIMEOUT, kWholeSeconds);
  curl_easy_setopt(raw, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
  curl_easy_setopt(raw, CURLOPT_WRITEDATA, file.get());
  if (cancel != nullptr) {
    curl_easy_setopt(raw, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(raw, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(raw, CURLOPT_XFERINFODATA, cancel);
  }
  Answer answer;
  answer.code = curl_easy_perform(raw);
  curl_easy_getinfo(raw, CURLINFO_RESPONSE_CODE, &answer.status);
  if (std::fflush(file.get()) != 0) return fail(errno_error(errno, "write", path));
  return answer;
}

bool passes(const Answer& answer) {
  if (answer.code == CURLE_OK) return answer.status == 429 || answer.status >= 500;
  return answer.code != CURLE_URL_MALFORMAT && answer.code != CURLE_UNSUPPORTED_PROTOCOL &&
         answer.code != CURLE_WRITE_ERROR && answer.code != CURLE_TOO_MANY_REDIRECTS &&
         answer.code != CURLE_PEER_FAILED_VERIFICATION;
}

Error error_of(const Answer& answer, const std::string& url) {
  const std::string shown = shown_url(url);
  if (answer.code != CURLE_OK) {
    return Error(passes(answer) ? ErrorKind::kTransient : ErrorKind::kInvalid,
                 fmt::format("{}: {}", shown, curl_easy_strerror(answer.code)))
        .about(shown)
        .code(fmt::format("curl:{}", static_cast<int>(answer.code)));
  }
  ErrorKind kind = ErrorKind::kInvalid;
  if (answer.status == 404 || answer.status == 410) kind = ErrorKind::kNotFound;
  if (answer.status == 401 || answer.status == 403) kind = ErrorKind::kDenied;
  if (passes(answer)) kind = ErrorKind::kTransient;
  return Error(kind, fmt::format("{}: the server answered {}", shown, answer.status))
      .about(shown)
      .code(fmt::format("http:{}", answer.status));
}

Status pause(std::chrono::milliseconds time, const CancelToken* cancel) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
    if (cancel != nullptr) TRY(cancel->check());
    std::this_thread::sleep_for(kPauseStep);
  }
  return {};
}

}  // namespace

Status fetch(const std::string& url, const fs::path& file, const CancelToken* cancel) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return fail(ErrorKind::kInternal, "cannot start transfers");
  auto wait = kFirstPause;
  for (int attempt = 1;; ++attempt, wait *= 2) {
    TRY_ASSIGN(const Answer answer, try_once(url, file, cancel));
    if (cancel != nullptr) TRY(cancel->check());
    if (answer.code == CURLE_OK && answer.status >= 200 && answer.status < 300) return {};
    if (!passes(answer) || attempt == kTriesMax) return fail(error_of(answer, url));
    TRY(pause(wait, cancel));
  }
}

std::string shown_url(const std::string& url) {
  std::string out = url.substr(0, url.find_first_of("?#"));
  const std::size_t host = out.find("://") + 3;
  const std::size_t path = out.find('/', host);
  const std::size_t at = out.rfind('@', path);
  if (at != std::string::npos && at > host) out.erase(host, at + 1 - host);
  return out;
}

}  // namespace sluice::ingest
