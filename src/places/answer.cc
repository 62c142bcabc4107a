#include <string>
#include <string_view>

#include "places/json.h"
#include "places/provider.h"

namespace herd::places {

std::string_view StatusWord(Status status) {
  switch (status) {
    case Status::kOk:
      return "OK";
    case Status::kZeroResults:
      return "ZERO_RESULTS";
    case Status::kOverQueryLimit:
      return "OVER_QUERY_LIMIT";
    case Status::kRequestDenied:
      return "REQUEST_DENIED";
    case Status::kInvalidRequest:
      return "INVALID_REQUEST";
    case Status::kUnknownError:
      break;
  }
  return "UNKNOWN_ERROR";
}

Answer EmptyAnswer(Status status, std::string_view error_message) {
  Answer answer{.status = status, .json = "{"};
  if (!error_message.empty()) {
    answer.json += "\"error_message\":";
    AppendJsonString(answer.json, error_message);
    answer.json += ',';
  }
  answer.json += "\"html_attributions\":[],\"results\":[],\"status\":\"";
  answer.json += StatusWord(status);
  answer.json += "\"}";
  return answer;
}

}  // namespace herd::places
