"""Tests of the export to LeRobot."""
