#include <curl/curl.h>
#include <fmt/format.h>

#include <concepts>

#include "base/ca_file.h"
#include "base/pool.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/unique_handle.h"
#include "store/http.h"

namespace sluice {
namespace {

// CURL is void, so curl_easy_cleanup would take a pointer to the handle for one too.
constexpr auto kEndCurl = [](std::same_as<CURL*> auto curl) { curl_easy_cleanup(curl); };
using Curl = UniqueHandle<CURL*, kEndCurl>;
using CurlList = UniqueHandle<curl_slist*, curl_slist_free_all>;

// Whether the failure can be met again by the same request: a name that is mistyped, a certificate
// that is not trusted and a URL that is none are not.
ErrorKind kind_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ErrorKind::kNotFound;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return ErrorKind::kDenied;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return ErrorKind::kInvalid;
    case CURLE_OUT_OF_MEMORY:
      return ErrorKind::kLimit;
    case CURLE_ABORTED_BY_CALLBACK:
      return ErrorKind::kCancelled;
    default:
      return ErrorKind::kTransient;
  }
}

bool before_sending(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return true;
    default:
      return false;
  }
}

std::string hint_of(CURLcode code) {
  switch (kind_of(code)) {
    case ErrorKind::kNotFound:
      return "check the endpoint's name, or bring the network up";
    case ErrorKind::kDenied:
      return "let AWS_CA_BUNDLE or SSL_CERT_FILE name the authority that signed the server's "
             "certificate, or write http:// in the endpoint";
    default:
      return code == CURLE_COULDNT_CONNECT ? "check the endpoint's host and port" : "";
  }
}

// libcurl takes headers that end with the connection for a whole answer.
struct Receiving {
  HttpResponse response;
  bool headers_ended = false;

  // A body that ends with the connection may be half of one.
  bool has_length() const {
    return response.body.empty() || response.headers.contains("content-length") ||
           response.headers.contains("transfer-encoding");
  }
};

std::size_t take_body(const char* data, std::size_t, std::size_t size, void* receiving) {
  static_cast<Receiving*>(receiving)->response.body.append(data, size);
  return size;
}

std::size_t take_header(const char* data, std::size_t, std::size_t size, void* into) {
  auto& receiving = *static_cast<Receiving*>(into);
  HttpResponse& response = receiving.response;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) response.headers.clear();  // behind a 100 Continue
  receiving.headers_ended = line == "\r\n";
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    response.headers[to_lower(line.substr(0, colon))] = trim(line.substr(colon + 1));
  }
  return size;
}

int ask_cancelled(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const CancelToken*>(token)->requested() ? 1 : 0;
}

Result<Curl> make_handle() {
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl handle(kStarted == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return fail(ErrorKind::kLimit, "cannot start the HTTP client");
  return handle;
}

// What a program of the command line is expected to heed.
void set_authorities(CURL* curl) {
  if (const std::string file = ca_file(); !file.empty()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, file.c_str());
  }
}

class CurlTransport : public HttpTransport {
 public:
  explicit CurlTransport(const HttpLimits& limits) : limits_(limits) {}

  HttpResult send(const HttpRequest& request) override {
    auto lease = Pool<Curl>::take(handles_);
    if (!lease) return std::unexpected(HttpFailure{lease.error(), false});
    CURL* curl = (*lease)->get();
    const CurlList headers = header_list(request);
    Receiving receiving;
    std::string message(CURL_ERROR_SIZE, '\0');
    set_request(curl, request, headers.get(), receiving, message.data());
    CURLcode code = curl_easy_perform(curl);
    const bool whole = receiving.headers_ended && receiving.has_length();
    if (code == CURLE_OK && !whole) code = CURLE_PARTIAL_FILE;
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    receiving.response.status = static_cast<int>(status);
    curl_easy_reset(curl);  // keeps its connections
    if (code != CURLE_OK) {
      message.resize(message.find('\0'));
      return std::unexpected(failure(code, request, message));
    }
    lease->give_back();
    return std::move(receiving.response);
  }

 private:
  static CurlList header_list(const HttpRequest& request) {
    // What libcurl would add by itself is taken away by an empty value.
    curl_slist* list = curl_slist_append(nullptr, "Expect:");
    list = curl_slist_append(list, "Content-Type:");
    list = curl_slist_append(list, "Accept:");
    for (const auto& [name, value] : request.headers) {
      list = curl_slist_append(list, (name + ": " + value).c_str());
    }
    return CurlList(list);
  }

  void set_request(CURL* curl, const HttpRequest& request, curl_slist* headers,
                   Receiving& receiving, char* message) const {
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "sluice/" SLUICE_VERSION);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, limits_.connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, limits_.stalled_s);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiving);
    set_authorities(curl);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request.once ? 1L : 0L);
    if (limits_.cancel != nullptr) {
      curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
      curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_cancelled);
      curl_easy_setopt(curl, CURLOPT_XFERINFODATA, limits_.cancel);
    }
    if (request.method == "HEAD") {
      curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET") {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
  }

  static HttpFailure failure(CURLcode code, const HttpRequest& request,
                             const std::string& message) {
    const std::string host =
        request.url.substr(0, request.url.find('/', request.url.find("//") + 2));
    Error error(kind_of(code),
                fmt::format("no answer to {} from {}: {}", request.method, host,
                            redact(message.empty() ? curl_easy_strerror(code) : message)));
    if (error.kind == ErrorKind::kCancelled) error.message = "interrupted";
    return {std::move(error)
                .about(host)
                .code(fmt::format("CURL_{}", static_cast<int>(code)))
                .advise(hint_of(code)),
            !before_sending(code)};
  }

  HttpLimits limits_;
  std::shared_ptr<Pool<Curl>> handles_ = std::make_shared<Pool<Curl>>(make_handle);
};

}  // namespace

std::shared_ptr<HttpTransport> make_http_transport(const HttpLimits& limits) {
  return std::make_shared<CurlTransport>(limits);
}

}  // namespace sluice
