#include "server/replies.h"

#include <utility>

namespace herd::server {

ReplyId Replies::Expect() {
  replies_.emplace_back();
  ++expected_;
  return ReplyId{first_id_ + replies_.size() - 1};
}

void Replies::Add(std::string_view reply) {
  if (replies_.empty() || !replies_.back().ready) replies_.push_back({.text = {}, .ready = true});
  replies_.back().text += reply;
  bytes_ += reply.size();
}

void Replies::Make(ReplyId id, std::string reply) {
  const auto index = static_cast<std::uint64_t>(id) - first_id_;
  if (index >= replies_.size() || replies_[index].ready) return;
  --expected_;
  bytes_ += reply.size();
  replies_[index] = {.text = std::move(reply), .ready = true};
}

void Replies::TakeReady(std::string& out) {
  while (!replies_.empty() && replies_.front().ready) {
    out += replies_.front().text;
    bytes_ -= replies_.front().text.size();
    replies_.pop_front();
    ++first_id_;
  }
}

}  // namespace herd::server
