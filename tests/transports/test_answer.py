"""Bytes that came over a connection: a whole answer, a part of one, or none at all."""

import pytest

from transports.cloud_api.answer import NoAnswer, read

OK = b"HTTP/1.1 200 OK\r\n"
PLAIN = OK + b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n2;x=y\r\n:1\r\n1\r\n}\r\n0\r\n\r\n"


def test_an_answer_with_a_length_is_read():
    found = read(PLAIN, is_over=False)

    assert (found.status, found.body, found.is_last) == (200, b"{}", False)
    assert found.headers()["content-type"] == "application/json"


def test_an_answer_in_pieces_is_put_together():
    found = read(CHUNKED, is_over=False)

    assert (found.body, found.is_last) == (b'{"a":1}', False)


def test_trailers_are_passed_over():
    found = read(CHUNKED[:-2] + b"X-Sum: 1\r\n\r\n", is_over=False)

    assert (found.body, found.is_last) == (b'{"a":1}', False)


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN])
def test_no_part_of_an_answer_is_taken_for_the_whole(whole):
    assert [read(whole[:size], is_over=False) for size in range(len(whole))] == [None] * len(whole)
    assert read(whole, is_over=False) is not None


def test_an_answer_without_a_length_ends_with_its_connection():
    heard = OK + b"\r\n{}"

    assert read(heard, is_over=False) is None
    assert read(heard, is_over=True)[2:] == (b"{}", True)


@pytest.mark.parametrize("whole", [PLAIN, CHUNKED])
def test_an_answer_that_was_cut_is_none(whole):
    assert read(whole[:-1], is_over=True) is None


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_some_answers_have_no_body(status):
    assert read(b"HTTP/1.1 " + status + b"\r\n\r\n", is_over=False).body == b""


@pytest.mark.parametrize("heard", [
    b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    OK + b"connection: Keep-Alive, Close\r\nContent-Length: 2\r\n\r\n{}",
    PLAIN + b"HTTP/1.1 200 OK\r\n", PLAIN + PLAIN, PLAIN + b"SSH-2.0-OpenSSH\r\n"])
def test_a_connection_that_ends_or_says_too_much_is_not_used_again(heard):
    assert read(heard, is_over=False).is_last


@pytest.mark.parametrize("heard", [
    b"SSH-2.0-OpenSSH\r\n", b"\0", b"{}", b"HTTP/2 200 OK\r\n\r\n", b"HTTP/1.1 999 No\r\n\r\n",
    b"HTTP/1.1 20 OK\r\n\r\n", b"HTTP/1.1 200 OK\n\n{}", b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    OK + b"Content-Length: -1\r\n\r\n", OK + b"Content-Length: 1_0\r\n\r\n", OK + b"Content-Length:\r\n\r\n",
    CHUNKED.replace(b"\r\n\r\n4", b"\r\nContent-Length: 2\r\n\r\n4"),
    OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", OK + b"Transfer-Encoding: gzip\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", OK + b"X: " + b"y" * 70_000])
def test_what_is_no_answer_is_refused(heard):
    with pytest.raises(NoAnswer):
        read(heard, is_over=False)
