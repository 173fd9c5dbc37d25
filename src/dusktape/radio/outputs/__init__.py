"""Where a station can be heard besides the page: Icecast servers, live video by RTMP, this machine's speakers.

`python -m dusktape.radio.outputs --state DIR --station NAME URL` is a process of its own that reads the station's ring
and never disturbs its playout. With `-` for URL, the address is taken from the environment variable
`DUSKTAPE_OUTPUT_URL`, so that a password or stream key does not stand in the list of processes.
"""
