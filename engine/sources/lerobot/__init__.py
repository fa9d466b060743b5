"""LeRobot data sets, as a robot's recorder and Handpicked's own export write them.

source      Lerobot: every data set below some paths, its episodes as windows of its video files
info        read_info: meta/info.json, its cameras and the paths of its files
episodes    read_episodes: which stretch of which file each episode is
provenance  read_provenance: what Handpicked's export says of each episode (meta/handpicked.parquet)
"""
