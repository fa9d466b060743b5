"""MediaPipe's hand landmarker in torch: many frames and clips in one batch, on the CPU or a GPU.

tflite_file  reads a network out of a tflite file: constants and operators
network      makes a torch module of it
model_file   the two networks of hand_landmarker.task, ready on a device
boxes        rotated squares around hands: from palms, from landmarks, and which of them overlap
detection    palms in a frame: anchors, decoding, weighted non-maximum suppression
crops        what the networks see of a frame, and landmarks projected back into it
landmarker   hands followed through clips, one frame of many clips a step
waiting      gathers the frames of clips until a batch is worth it

The stages, constants and thresholds are those of MediaPipe's hand landmarker graph (F. Zhang et al., "MediaPipe Hands:
On-device Real-time Hand Tracking", 2020, and MediaPipe's published graphs), so that both find the same hands.
"""
